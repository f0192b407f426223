"""Send before put, in every order of its steps: no task is stored without a message that names it.

An explicit-state check of the real code on the in-process cloud. Two submitters use one code. Each
sends, or is refused by SQS, then puts, and may stop for ever in between, or for any time. Each
message may come at any time after a minute, twice, and to a worker that dies; a put may happen just
before the tombstone; the stream may deliver twice. From each state, every step is tried.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from builders import any_row
from clouds import TENANT

from taskmill.aws.sqs.protocol import Delivery
from taskmill.errors import TaskExists
from taskmill.handlers import dispatch
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.testing import InProcessCloud

KEY = TaskKey(Kind.TASK, TENANT, "echo", "c")
MOST_MESSAGES = 4
OPEN = ("CREATED", "QUEUED", "SCHEDULED", "STARTED")


@dataclass
class State:
    """What outlives a process: rows, records that were not delivered, messages, submitters.

    Attributes:
        submitters: "idle", "stopped", "done", or the row that one is about to put.
    """

    item: dict[str, Any] | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    messages: int = 0
    submitters: list[str | TaskRow] = field(default_factory=lambda: ["idle", "idle"])
    acknowledged: bool = False
    steps: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        if self.item is None:
            return ""
        return str(self.item.get("status", {"S": "VOID"})["S"])

    @property
    def name(self) -> tuple[Any, ...]:
        """What tells this state from others: neither times nor ids."""
        waiting = [(record["eventName"], status_in(record)) for record in self.records]
        about = sorted(each if isinstance(each, str) else each.status for each in self.submitters)
        return (self.status, *waiting, self.messages, *about, self.acknowledged)


def status_in(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["NewImage"].get("status", {"S": "VOID"})["S"])


class World:
    """Makes single steps of the real code, from any state."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self.cloud = cloud
        self.queue = cloud.queues.queues.setdefault("queue", [])

    def steps(self, state: State) -> Iterator[State]:
        for number, each in enumerate(state.submitters):
            if each not in ("done", "stopped"):
                yield from self._of_submitter(state, number)
        if state.messages:
            yield from self._of_worker(state)
        if state.records and state.messages < MOST_MESSAGES:
            for kept in (True, False):
                yield self._after(state, f"stream, kept: {kept}", partial(self._stream, kept=kept))

    def _of_submitter(self, state: State, number: int) -> Iterator[State]:
        yield self._after(state, f"stop {number}", partial(self._stop, number=number))
        if not isinstance(state.submitters[number], str):
            yield self._after(state, f"put {number}", partial(self._put, number=number))
        elif state.messages < MOST_MESSAGES:
            for reached in (True, False):
                send = partial(self._send, number=number, reached=reached)
                yield self._after(state, f"send {number}, reached: {reached}", send)

    def _of_worker(self, state: State) -> Iterator[State]:
        for kept in (True, False):
            yield self._after(state, f"deliver, kept: {kept}", partial(self._work, kept=kept))
        yield self._after(state, "the worker dies", self._die)
        for number, each in enumerate(state.submitters):
            if not isinstance(each, str):
                put = partial(self._work, kept=False, put_first=number)
                yield self._after(state, f"put {number} just before the tombstone", put)

    def _after(self, state: State, step: str, make: Callable[[State], None]) -> State:
        """The state after a step of the real code."""
        cloud = self.cloud
        cloud.now += 600_000  # whatever is hidden, leased or young is so no more
        new = State(
            item=state.item,
            records=list(state.records),
            messages=state.messages,
            submitters=list(state.submitters),
            acknowledged=state.acknowledged,
            steps=(*state.steps, step),
        )
        pk, sk = KEY.stored
        cloud.table.clear()
        if state.item is not None:
            cloud.table.fill([deepcopy(state.item)])
        cloud.table.records.clear()
        cloud.stream.seen.clear()
        self.queue.clear()
        make(new)
        new.item = cloud.table.get_item(Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")
        new.messages += len(self.queue)
        new.records += [
            record
            for record in cloud.table.records
            if status_in(record) == "CREATED"  # others send nothing
        ]
        return new

    def _stop(self, new: State, *, number: int) -> None:
        new.submitters[number] = "stopped"

    def _send(self, new: State, *, number: int, reached: bool) -> None:
        starts = self.cloud.wiring.starts
        starts._paused_until = 0 if reached else self.cloud.now + 1
        now = self.cloud.now
        row = any_row(key=KEY, input="1", history=(("CREATED", now, 0),), created_at=now)
        (new.submitters[number],) = starts._sent([row])

    def _put(self, new: State, *, number: int) -> None:
        row = new.submitters[number]
        assert isinstance(row, TaskRow)
        with suppress(TaskExists):  # the same task: that is an answer, too
            self.cloud.wiring.tasks.put(row)
        new.submitters[number] = "done"
        new.acknowledged = True

    def _delivery(self) -> Delivery:
        body = f'{{"pk": "{KEY.pk}", "sk": "{KEY.sk}"}}'
        return Delivery("m", "r", body, 1, self.cloud.now - 120_000)

    def _work(self, new: State, *, kept: bool, put_first: int | None = None) -> None:
        tasks = self.cloud.wiring.tasks
        real = tasks.bury

        def bury(*args: Any) -> bool:
            if put_first is not None:
                self._put(new, number=put_first)
            return real(*args)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tasks, "bury", bury)
            answer = self.cloud.wiring.message_runner.run(
                self._delivery(), remaining_ms=lambda: 300_000
            )
        if answer is None and not kept:
            new.messages -= 1

    def _die(self, new: State) -> None:
        """A worker claims the task and is gone; its message comes again."""
        if new.status in OPEN:
            lease = self.cloud.now + 1
            self.cloud.wiring.claims.claim(KEY, fence="dead", lease_until=lease, max_attempts=99)

    def _stream(self, new: State, *, kept: bool) -> None:
        first = new.records[0]
        self.cloud.invoke(dispatch.handler, {"Records": [first]})
        if not kept:
            new.records.pop(0)


def wrong(state: State) -> str | None:
    """What must not be, whatever comes next."""
    if state.acknowledged and state.status in ("", "VOID"):
        return "a task that was acknowledged is not there"
    if state.status in OPEN and not state.messages and not state.records:
        return f"a task that is {state.status} has no message, and none will be sent"
    return None


def explore(cloud: InProcessCloud) -> tuple[int, State | None]:
    """How many states there are, and the first that is wrong."""
    world, start = World(cloud), State()
    known, ahead = {start.name}, deque([start])
    while ahead:
        for state in world.steps(ahead.popleft()):
            if wrong(state):
                return len(known), state
            if state.name not in known:
                known.add(state.name)
                ahead.append(state)
    return len(known), None


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        yield cloud


def test_in_no_order_of_steps_a_task_is_without_a_message(cloud: InProcessCloud) -> None:
    states, bad = explore(cloud)

    assert bad is None, f"{wrong(bad)}: {bad.steps}"
    assert states > 200


def test_without_tombstones_the_same_check_finds_the_lost_task(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(cloud.wiring.tasks), "bury", lambda *_: True)

    _, bad = explore(cloud)

    assert bad is not None
    assert wrong(bad) == "a task that is QUEUED has no message, and none will be sent"
