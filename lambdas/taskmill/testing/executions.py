"""Step Functions in memory: the workflow split ▶ Map(batch) ▶ finish, its retries and waits."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.handlers import subtasks
from taskmill.model.errors import SubtasksDueLater, SubtasksRemain
from taskmill.testing.clients import Crash
from taskmill.testing.retriers import RETRIERS, Retries, TooManyRequestsException

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud


@dataclass
class _Sleep:
    """A pause of an execution.

    Attributes:
        until: When it ends, in epoch ms.
        of: Name of the execution; if that is stopped, the pause ends at once.
    """

    until: int
    of: str | None = None


_Steps = Iterator[_Sleep | None]


class _GaveUp(Exception):
    """A step failed and its retries are used up."""


class ExecutionPlayer:
    """Runs all executions of the in-process cloud.

    Each execution is a generator that pauses after each step, so that steps of several executions
    interleave.
    """

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud
        self._running: list[tuple[_Steps, _Sleep]] = []
        self._random = random.Random(cloud.chaos.seed)  # noqa: S311  # throttles; no secret

    def ready(self) -> bool:
        self._adopt()
        return any(self._due(pause) <= self._cloud.clock() for _, pause in self._running)

    def next_due(self) -> int | None:
        self._adopt()
        return min((self._due(pause) for _, pause in self._running), default=None)

    def step(self) -> None:
        """Continue one execution up to its next pause."""
        ready = [each for each in self._running if self._due(each[1]) <= self._cloud.clock()]
        chosen = ready[0] if self._cloud.chaos.seed is None else self._cloud.random.choice(ready)
        self._running.remove(chosen)
        for pause in chosen[0]:
            self._running.append((chosen[0], pause or _Sleep(self._cloud.clock())))
            return

    def _due(self, pause: _Sleep) -> int:
        return self._cloud.clock() if pause.of in self._cloud.executions.stopped else pause.until

    def _adopt(self) -> None:
        """Begin the executions that were started since the last call."""
        waiting = self._cloud.executions.waiting
        while waiting:
            self._running.append((self._play(waiting.pop(0)), _Sleep(self._cloud.clock())))

    def _play(self, name: str) -> _Steps:
        """Run the workflow of one execution, given its name."""
        event = json.loads(self._cloud.executions.started[name]) | {"execution": name}
        try:
            plan = yield from self._try("split", subtasks.split, event)
            yield from self._map(event, plan)
        except _GaveUp as broken:
            event |= {"cause": {"Error": "Exception", "Cause": str(broken)}}
        ended = self._cloud.executions.ended
        if name in self._cloud.executions.stopped:
            ended[name] = ("ABORTED", "stopped")
            if self._cloud.executions.silent:
                return
            detail = {"status": "ABORTED", "name": name, "input": json.dumps(event)}
            event = {"source": "aws.states", "detail": detail}
        yield from self._try("finish", subtasks.finish, event)
        ended.setdefault(name, ("SUCCEEDED", ""))

    def _map(self, event: dict[str, Any], plan: dict[str, Any]) -> _Steps:
        """Run the batches, up to `maxConcurrency` at a time; while one pauses, others continue."""
        spans = list(plan["batches"])
        if self._cloud.chaos.seed is not None:
            self._cloud.random.shuffle(spans)
        waiting = [self._batch({**event, "range": span}) for span in spans]
        running: list[tuple[_Steps, int]] = []
        while waiting or running:
            while waiting and len(running) < plan["maxConcurrency"]:
                running.append((waiting.pop(0), self._cloud.clock()))
            steps, due = running.pop(min(range(len(running)), key=lambda each: running[each][1]))
            if due > self._cloud.clock():
                yield _Sleep(due, of=event["execution"])
            if event["execution"] in self._cloud.executions.stopped:
                return
            for pause in steps:
                running.append((steps, pause.until if pause else self._cloud.clock()))
                yield None
                break

    def _batch(self, event: dict[str, Any]) -> _Steps:
        while True:
            try:
                yield from self._try("batch", subtasks.batch, event)
            except SubtasksDueLater as later:
                yield _Sleep(later.due)
            except _GaveUp:
                return  # the Map tolerates failed batches; finish handles what is left
            else:
                return

    def _try(self, step: str, handler: Any, event: dict[str, Any]) -> Any:
        """Invoke a handler until it succeeds or the retries for what it raises are used up.

        Each invocation is repeated as often as `Chaos.deliveries` says.
        """
        retries = Retries(RETRIERS[step])
        while True:
            call = {**event, "retry": retries.made}
            try:
                answer = self._invoke(handler, call)
            except SubtasksDueLater:  # the workflow waits for these and does not retry
                self._redeliver(handler, call)
                raise
            except (Exception, Crash) as error:
                back_off = retries.after(error)
                if back_off is None:
                    raise _GaveUp(f"{type(error).__name__}: {error}") from error
                if not isinstance(error, TooManyRequestsException):
                    self._redeliver(handler, call)
                yield _Sleep(self._cloud.clock() + back_off)
            else:
                self._redeliver(handler, call)
                yield None
                return answer

    def _invoke(self, handler: Any, event: dict[str, Any]) -> Any:
        """Invoke a handler, unless Lambda refuses.

        Raises:
            TooManyRequestsException: As often as `Chaos.throttles` says.
        """
        if self._random.random() < self._cloud.chaos.throttles:
            raise TooManyRequestsException
        return handler(event, self._cloud.context(900))

    def _redeliver(self, handler: Any, event: dict[str, Any]) -> None:
        for _ in range(self._cloud.chaos.deliveries - 1):
            try:
                handler(event, self._cloud.context(900))
            except (SubtasksRemain, Crash):
                continue
