"""Gates, in many orders of their steps: no slot too many, and nobody waits while there is room.

An explicit-state check of the real code on the in-process cloud. Three tasks and two gates with one
slot each: one task needs the first, two need both, in opposite order. A step is: a record of the
stream is delivered in any order, or twice, or to a dispatcher that dies at one of its calls; a
message comes, likewise; a task is cancelled or retried; the first limit is set to 0, and raised.
Steps are taken by chance until nothing is under way, over and over: `TASKMILL_GATE_WALKS` says how
often. After each step what gates count is compared to what rows hold.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import limited_tasks
import pytest
from clouds import TENANT, submit
from slots import check_counts, held, tasks_of, waiters

from taskmill.aws.dynamodb.flow_control import actions
from taskmill.aws.dynamodb.flow_control.settings import SetLimit, SetLimits
from taskmill.aws.sqs.protocol import Delivery
from taskmill.dispatch.emitters.gates import GateEmitter
from taskmill.dispatch.reactions import Admit, LeaveGate, OpenGate, Release, SendMessage, reactions
from taskmill.functions.events import change_from_record, key_from_body
from taskmill.handlers import dispatch
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, RETRYABLE
from taskmill.testing import InProcessCloud
from taskmill.testing.clients import Crash

WALKS = int(os.environ.get("TASKMILL_GATE_WALKS", "60"))
MOST_MESSAGES = 2  # of a task: another one makes no difference
A = LimitId(TENANT, "lim-a")
LIMITED = (Admit, LeaveGate, OpenGate, Release, SendMessage)


@dataclass
class State:
    """What outlives a process: rows, records that were not delivered, messages.

    Attributes:
        limit: Of the first gate, as an operator has set it; None: as the code says, 1.
        retries: How many explicit retries are left.
    """

    items: list[Any] = field(default_factory=list)
    records: list[Any] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)
    limit: int | None = None
    retries: int = 1
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step from a state, and how likely it is to be taken."""

    name: str
    make: Callable[[State], None]
    weight: float


class World:
    """Makes single steps of the real code, from any state."""

    def __init__(self, cloud: InProcessCloud, seed: int) -> None:
        self.cloud = cloud
        self.random = random.Random(seed)  # noqa: S311  # an order, no secret
        self.queue = cloud.queues.queues.setdefault("queue", [])
        self.keys: list[TaskKey] = []

    def start(self) -> State:
        for task_type in ("lim-a-alone", "lim-left", "lim-right"):
            self.keys.append(submit(self.cloud, task_type, 1))
        state = State()
        self._keep(state)
        return state

    def name(self, state: State) -> tuple[Any, ...]:
        """What tells the present state from others: neither times nor versions."""
        rows = {row.key: row for row in tasks_of(self.cloud)}
        about = [
            (str(row.status), row.slots, row.gate, min(row.attempts, 3))
            for row in (rows[key] for key in self.keys)
        ]
        pending = sorted(map(_about, state.records))
        places = sorted((pk, sk[-14:]) for pk, sk in waiters(self.cloud))
        messages = sorted(state.messages.items())
        return (*about, *pending, *places, *messages, state.limit, state.retries)

    def steps(self, state: State) -> list[Step]:
        """All steps; none if nothing is under way, whatever may be asked for."""
        found: list[Step] = []
        for number in range(len(state.records)):
            name = f"record {number}"
            found += self._ways(name, partial(self._deliver, number))
        for key in sorted(each for each, count in state.messages.items() if count):
            found += self._ways(f"message of {key}", partial(self._work, key))
        following = {None: 0, 0: 2}
        if state.limit == 0 or (found and state.limit in following):
            found.append(Step("limit", partial(self._limit, following[state.limit]), 0.3))
        if found:
            for key in self.keys:
                found.append(Step(f"cancel {key}", partial(self._cancel, key), 0.1))
                if state.retries:
                    found.append(Step(f"retry {key}", partial(self._retry, key), 0.2))
        return found

    def _ways(self, name: str, make: Callable[..., None]) -> list[Step]:
        """Something is delivered; to be repeated; or to a process that dies."""
        return [
            Step(name, partial(make, kept=False), 4),
            Step(f"{name}, repeated", partial(make, kept=True), 0.5),
            Step(f"{name}, crash", lambda new: self._crashing(lambda: make(new, kept=True)), 1),
        ]

    def put(self, state: State) -> None:
        """Let the cloud be in this state, at a later time: nothing is leased or hidden any more."""
        cloud = self.cloud
        cloud.now += 600_000
        cloud.table.clear()
        cloud.table.fill(deepcopy(state.items))
        cloud.table.records.clear()
        cloud.stream.seen.clear()
        self.queue.clear()

    def after(self, state: State, step: Step) -> State:
        self.put(state)
        new = State(
            records=list(state.records),
            messages=Counter(state.messages),
            limit=state.limit,
            retries=state.retries,
            steps=(*state.steps, step.name),
        )
        step.make(new)
        self._keep(new)
        return new

    def _keep(self, state: State) -> None:
        state.items = deepcopy(self.cloud.table.items())
        for each in self.queue:
            key = str(key_from_body(each.body))
            state.messages[key] = min(state.messages[key] + 1, MOST_MESSAGES)
        state.records += [each for each in self.cloud.table.records if _matters(each)]

    def _deliver(self, number: int, new: State, *, kept: bool) -> None:
        record = new.records[number]
        if not kept:
            new.records.pop(number)
        self.cloud.invoke(dispatch.handler, {"Records": [record]}, again=True)

    def _work(self, key: str, new: State, *, kept: bool) -> None:
        task = TaskKey.from_text(key)
        body = f'{{"pk": "{task.pk}", "sk": "{task.sk}"}}'
        delivery = Delivery("m", "r", body, 1, self.cloud.now - 120_000)
        answer = self.cloud.wiring.message_runner.run(delivery, remaining_ms=lambda: 300_000)
        if answer is None and not kept:
            new.messages[key] -= 1

    def _crashing(self, call: Callable[[], None]) -> None:
        """The process dies at one of the first calls, and what it was given comes again."""
        meter = self.cloud.meter
        meter.crash_at = meter.calls.total() + self.random.randint(1, 8)
        meter.crash_after = self.random.random() < 0.5
        try:
            call()
        except Crash:
            pass
        finally:
            meter.crash_at = None

    def _cancel(self, key: TaskKey, _: State) -> None:
        row = self.cloud.wiring.tasks.get(key)
        if not row.ended:
            self.cloud.service.cancel(key=key)

    def _retry(self, key: TaskKey, new: State) -> None:
        if self.cloud.wiring.tasks.get(key).status in RETRYABLE:
            self.cloud.service.retry(key=key)
            new.retries -= 1

    def _limit(self, concurrency: int, new: State) -> None:
        limits = SetLimits(self.cloud.wiring.table, clock=self.cloud.clock)
        limits.put(A, A.general, SetLimit(concurrency=concurrency))
        new.limit = concurrency


def _matters(record: Any) -> bool:
    """Whether a record causes something that gates or messages depend on."""
    return any(isinstance(each, LIMITED) for each in reactions(change_from_record(record)))


def _about(record: Any) -> tuple[str, ...]:
    image = record["dynamodb"]["NewImage"]
    names = ("pk", "sk", "status", "slots", "gate", "concurrency")
    return tuple(str(image.get(name)) for name in names)


def wrong(cloud: InProcessCloud, state: State, before: int) -> str | None:
    """What must not be.

    Args:
        before: Slots of the first gate that were held before the last step.
    """
    try:
        check_counts(cloud, {f"{TENANT}#lim-b#": 1})
    except AssertionError as error:
        return str(error)
    now, limit = held(cloud).get(str(A), 0), 1 if state.limit is None else state.limit
    if now > max(limit, before):
        return f"{now} slots are held of {limit}"
    if state.records or any(state.messages.values()) or state.limit == 0:
        return None
    still_open = [row for row in tasks_of(cloud) if row.status not in FINAL]
    return f"nothing comes any more, but {still_open[0].status}" if still_open else None


def explore(cloud: InProcessCloud, seed: int, walks: int) -> tuple[int, int, str]:
    """How many states were seen, and how many at rest; what is wrong with the first bad one.

    Each walk begins anew, and ends where nothing is under way any more.
    """
    world, known, rests = World(cloud, seed), set[tuple[Any, ...]](), set[tuple[Any, ...]]()
    start = world.start()
    for _ in range(walks):
        state = start
        world.put(state)
        while True:
            steps = list(world.steps(state))
            if not steps:
                rests.add(world.name(state))
                break
            before = held(cloud).get(str(A), 0)
            (chosen,) = world.random.choices(steps, weights=[each.weight for each in steps])
            state = world.after(state, chosen)
            known.add(world.name(state))
            if bad := wrong(cloud, state, before):
                return len(known), len(rests), f"{bad}: {state.steps}"
    return len(known), len(rests), ""


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["limited_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        yield cloud


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_no_order_of_steps_a_slot_is_lost_or_a_task_left_waiting(
    cloud: InProcessCloud, seed: int
) -> None:
    states, rests, bad = explore(cloud, seed, WALKS)

    assert not bad
    assert states > 5 * WALKS
    assert rests > 3


def test_without_the_second_look_the_same_check_finds_a_task_that_waits_for_ever(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GateEmitter, "_open", lambda *_: None)

    _, _, bad = explore(cloud, 1, 1_000)

    assert bad.startswith("nothing comes any more, but PARKED")


def test_if_who_leaves_does_not_look_the_same_check_finds_a_task_that_waits_for_ever(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GateEmitter, "_release", lambda *_: None)

    _, _, bad = explore(cloud, 1, 1_000)

    assert bad


def test_without_the_condition_on_the_gate_the_same_check_finds_a_slot_too_many(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two dispatchers have looked at a gate before either of them has taken its slot."""
    real = actions.gate_taken
    monkeypatch.setattr(
        actions, "gate_taken", lambda table, gate, slots, _: real(table, gate, slots, 99)
    )
    look = type(cloud.wiring.gates).look

    def stale(store: Any, limits: Any) -> Any:
        return {each: replace(gate, held=0) for each, gate in look(store, limits).items()}

    monkeypatch.setattr(type(cloud.wiring.gates), "look", stale)

    _, _, bad = explore(cloud, 1, 1_000)

    assert "lim-b" in bad or "slots are held" in bad
