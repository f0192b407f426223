"""Subtask rows on demand: in any order of calls, rows, what follows without them, and counts agree.

Over the real code: two invocations of a batch, of which one is a zombie, one of another batch,
reports from outside, a cancel, finishes that come early and late, a second run, deliveries of the
stream; every AWS call of one may come between any two of another, and each may crash at any call.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest
from amounts import amount
from clouds import fan_out, get, statuses
from interleaving import Interleaving, interleaved

from taskmill.handlers import subtasks
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import Conflict, SubtasksRemain
from taskmill.model.statuses import FINAL
from taskmill.testing import InProcessCloud
from taskmill.testing.clients import Crash

ORDERS = amount(200, fuzz=20_000)
GROUPS = 8  # the orders are divided among as many tests
COUNT, SIZE = 4, 2
TIMED_OUT = {"Error": "ExecutionTimed_out", "Cause": ""}
_LEFT: ContextVar[list[int] | None] = ContextVar("left", default=None)  # calls before the crash


class World:
    """A fan-out of two batches, and everybody who has to do with it."""

    def __init__(self, cloud: InProcessCloud, interleaving: Interleaving, seed: int) -> None:
        self.cloud = cloud
        self.chance = random.Random(seed)  # noqa: S311  # an order, no secret
        self.pause = interleaving.pause
        interleaving.pause = self._pause  # type: ignore[method-assign]
        self.key = fan_out(cloud, "odd-aborts", range(COUNT), batch_size=SIZE, tolerated_failures=4)
        self.cut_short: set[int] = set()  # runs whose execution was ended early
        self.reported: set[int] = set()

    # Steps

    def split(self) -> list[list[int]]:
        plan = subtasks.split(self._event(), self.cloud.context(900))
        return list(plan["batches"])

    def batch(self, span: list[int], retry: int = 0) -> None:
        event = {**self._event(), "range": span, "retry": retry}
        subtasks.batch(event, self.cloud.context(900))

    def finish(self, run: int, cause: dict[str, str] | None = None) -> None:
        row = self.cloud.wiring.tasks.get(self.key)
        name = execution_name(self.key, run, row.created_at)
        more = {"cause": cause} if cause else {}
        subtasks.finish({**self.key.as_dict(), "execution": name, **more}, self.cloud.context(900))

    def _event(self) -> dict[str, Any]:
        row = self.cloud.wiring.tasks.get(self.key)
        name = execution_name(self.key, row.run, row.created_at)
        return {**self.key.as_dict(), "execution": f"arn:aws:states:::execution:x:{name}"}

    # Actors

    def works(self, span: list[int], retry: int) -> Callable[[], None]:
        return self._actor(lambda: self.batch(span, retry))

    def reports(self) -> Callable[[], None]:
        index, status = self.chance.randrange(COUNT), self.chance.choice(REPORTED)

        def act() -> None:
            self.reported.add(index)  # before: the answer may be lost
            self.cloud.service.update_sub_task_status(key=self.key.subtask(index), status=status)

        return self._actor(act)

    def cancels(self) -> Callable[[], None]:
        return self._actor(lambda: self.cloud.service.cancel(key=self.key))

    def ends_early(self) -> Callable[[], None]:
        def act() -> None:
            self.cut_short.add(1)
            self.finish(1, TIMED_OUT)

        return self._actor(act)

    def starts_again(self) -> Callable[[], None]:
        def act() -> None:
            while get(self.cloud, self.key).status not in {"FAILED", "CANCELLED"}:
                self.pause()
                if self.chance.random() < 0.2:
                    return
            self.cloud.service.retry(key=self.key)
            for span in self.split():
                self.batch(span)

        return self._actor(act)

    def delivers(self) -> Callable[[], None]:
        def act() -> None:
            while self.cloud.stream.pending():
                self.cloud.deliver_records()

        return self._actor(act)

    def _actor(self, act: Callable[[], object]) -> Callable[[], None]:
        """Somebody who waits a while, acts, and may crash at any of his calls."""
        wait = self.chance.randrange(30)
        crash = self.chance.randrange(1, 12) if self.chance.random() < 0.4 else 1_000

        def actor() -> None:
            for _ in range(wait):
                self.pause()
            _LEFT.set([crash])
            with suppress(Crash, SubtasksRemain, Conflict):
                act()

        return actor

    def _pause(self) -> None:
        left = _LEFT.get()
        if left is not None:
            left[0] -= 1
            if left[0] < 0:
                left[0] = 10**6  # once: Lambda calls again with the same records
                raise Crash("in the middle")
        self.pause()

    # The end

    def settle(self) -> None:
        """What Step Functions, the stream and the sweep would still do, in the end."""
        if get(self.cloud, self.key).status not in FINAL:
            for span in self.split():
                self._to_its_end(span)
        run = get(self.cloud, self.key).run or 1
        self.finish(run)
        while self.cloud.stream.pending():
            self.cloud.deliver_records()

    def _to_its_end(self, span: list[int]) -> None:
        for retry in range(2, 20):
            try:
                self.batch(span, retry)
            except SubtasksRemain:
                self.cloud.now += 1_000_000  # the lease of whoever holds it passes
            else:
                return
        raise AssertionError(f"{span} never ends")

    def check(self) -> None:
        task = get(self.cloud, self.key)
        ends = statuses(self.cloud, self.key)
        shown = Counter(each.lower() for each in ends)
        counts: Any = task.attributes["counts"]
        assert task.status in FINAL
        assert {name: counts[name] for name in ("completed", "failed", "cancelled")} == {
            name: shown[name] for name in ("completed", "failed", "cancelled")
        }
        one_by_one = [str(get(self.cloud, self.key.subtask(each)).status) for each in range(COUNT)]
        assert one_by_one == ends
        if task.status == "COMPLETED" and task.run not in self.cut_short:  # nothing was lost
            for index in set(range(0, COUNT, 2)) - self.reported:
                assert ends[index] == "COMPLETED", index


REPORTED = ["COMPLETED", "FAILED", "PROCESSING", "ERRORED"]


def play(seed: int) -> None:
    cloud = InProcessCloud(modules=["flow_tasks"])
    interleaving = interleaved(cloud, seed)
    with cloud:
        world = World(cloud, interleaving, seed)
        spans = world.split()
        actors = [
            world.works(spans[0], 0),
            world.works(spans[0], 1),
            world.works(spans[1], 0),
            world.reports(),
            world.delivers(),
            world.delivers(),
        ]
        if seed % 3:
            actors += [world.cancels(), world.delivers(), world.starts_again()]
        if seed % 4 == 0:
            actors += [world.ends_early(), world.starts_again()]
        interleaving.run(*actors)
        world.settle()
        world.check()
        assert not cloud.queues.queues.get("failures")


@pytest.mark.parametrize("group", range(GROUPS))
def test_rows_and_counts_agree_in_any_order(group: int) -> None:
    for seed in range(group, ORDERS, GROUPS):
        try:
            play(seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
