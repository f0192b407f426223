"""Step Functions in memory: the workflow split ▶ Map(batch) ▶ finish, its retries and waits."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from taskmill.handlers import subtasks
from taskmill.model.errors import SubtasksDueLater, SubtasksRemain
from taskmill.testing.clients import Crash
from taskmill.testing.retriers import RETRIERS, Retries, TooManyRequestsException

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskmill.testing.chaos import Chaos
    from taskmill.testing.fakes import Executions
    from taskmill.testing.lambda_context import LambdaContext


class Actor(Protocol):
    """A call in a thread of its own."""

    ended: bool
    error: BaseException | None


class Stage(Protocol):
    """Starts calls in threads."""

    def act(self, call: Callable[[], None]) -> Actor: ...


class Cloud(Protocol):
    """What the player needs of an in-process cloud; its attributes are documented there."""

    workers: int | None
    chaos: Chaos
    executions: Executions
    random: random.Random

    @property
    def stage(self) -> Stage: ...

    def clock(self) -> int: ...

    def context(self, seconds: int = ...) -> LambdaContext: ...


@dataclass(frozen=True, kw_only=True)
class _Sleep:
    """A pause of an execution.

    Attributes:
        until: When it ends, in epoch ms.
        of: Name of the execution; if that is stopped, the pause ends at once.
        awaits: It ends with this invocation, whatever the time.
        first_of: It ends with the first of these.
    """

    until: float = math.inf
    of: str | None = None
    awaits: Actor | None = None
    first_of: Sequence[_Sleep] = ()

    def due(self, now: int) -> float:
        """When it ends, in epoch ms; infinity if no time ends it."""
        if self.awaits is not None and self.awaits.ended:
            return now
        return min([self.until, *(each.due(now) for each in self.first_of)])


_Steps = Iterator[_Sleep | None]


class _GaveUp(Exception):
    """A step failed and its retries are used up."""


class ExecutionPlayer:
    """Runs all executions of the in-process cloud.

    Each execution is a generator that pauses after each step, so that steps of several executions
    interleave.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._running: list[tuple[_Steps, _Sleep]] = []
        self._random = random.Random(cloud.chaos.seed)  # noqa: S311  # throttles; no secret

    def ready(self) -> bool:
        self._adopt()
        return any(self._due(pause) <= self._cloud.clock() for _, pause in self._running)

    def next_due(self) -> int | None:
        self._adopt()
        due = min((self._due(pause) for _, pause in self._running), default=math.inf)
        return None if math.isinf(due) else int(due)

    def step(self) -> None:
        """Continue one execution up to its next pause."""
        ready = [each for each in self._running if self._due(each[1]) <= self._cloud.clock()]
        chosen = ready[0] if self._cloud.chaos.seed is None else self._cloud.random.choice(ready)
        self._running.remove(chosen)
        for pause in chosen[0]:
            self._running.append((chosen[0], pause or self._now()))
            return

    def _now(self) -> _Sleep:
        return _Sleep(until=self._cloud.clock())

    def _due(self, pause: _Sleep) -> float:
        now = self._cloud.clock()
        return now if pause.of in self._cloud.executions.stopped else pause.due(now)

    def _adopt(self) -> None:
        """Begin the executions that were started since the last call."""
        waiting = self._cloud.executions.waiting
        while waiting:
            self._running.append((self._play(waiting.pop(0)), self._now()))

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
        running: list[tuple[_Steps, _Sleep]] = []
        while waiting or running:
            while waiting and len(running) < plan["maxConcurrency"]:
                running.append((waiting.pop(0), self._now()))
            first = min(running, key=lambda each: self._due(each[1]))
            if self._due(first[1]) > self._cloud.clock():
                pauses = [pause for _, pause in running]
                yield _Sleep(first_of=pauses, of=event["execution"])
                first = min(running, key=lambda each: self._due(each[1]))
            if event["execution"] in self._cloud.executions.stopped:
                return
            running.remove(first)
            for pause in first[0]:
                running.append((first[0], pause or self._now()))
                yield None
                break

    def _batch(self, event: dict[str, Any]) -> _Steps:
        while True:
            try:
                yield from self._try("batch", subtasks.batch, event)
            except SubtasksDueLater as later:
                yield _Sleep(until=later.due)
            except _GaveUp:
                return  # the Map tolerates failed batches; finish handles what is left
            else:
                return

    def _try(
        self, step: str, handler: Any, event: dict[str, Any]
    ) -> Generator[_Sleep | None, None, Any]:
        """Invoke a handler until it succeeds or the retries for what it raises are used up.

        Each invocation is repeated as often as `Chaos.deliveries` says, and refused as often as
        `Chaos.throttles` says.
        """
        retries = Retries(RETRIERS[step])
        while True:
            call = {**event, "retry": retries.made}
            try:
                self._throttle()
                answer = yield from self._invoke(handler, call)
            except SubtasksDueLater:  # the workflow waits for these and does not retry
                yield from self._redeliver(handler, call)
                raise
            except (Exception, Crash) as error:
                back_off = retries.after(error)
                if back_off is None:
                    raise _GaveUp(f"{type(error).__name__}: {error}") from error
                if not isinstance(error, TooManyRequestsException):
                    yield from self._redeliver(handler, call)
                yield _Sleep(until=self._cloud.clock() + back_off)
            else:
                yield from self._redeliver(handler, call)
                yield None
                return answer

    def _throttle(self) -> None:
        if self._random.random() < self._cloud.chaos.throttles:
            raise TooManyRequestsException

    def _invoke(self, handler: Any, event: dict[str, Any]) -> Generator[_Sleep | None, None, Any]:
        """Invoke a handler. In a cloud with several workers, others act meanwhile."""
        if self._cloud.workers is None:
            return handler(event, self._cloud.context(900))
        answers: list[Any] = []
        call = self._cloud.stage.act(
            lambda: answers.append(handler(event, self._cloud.context(900)))
        )
        while not call.ended:
            yield _Sleep(awaits=call)
        if call.error is not None:
            raise call.error
        return answers[0]

    def _redeliver(
        self, handler: Any, event: dict[str, Any]
    ) -> Generator[_Sleep | None, None, None]:
        for _ in range(self._cloud.chaos.deliveries - 1):
            try:
                yield from self._invoke(handler, event)
            except (SubtasksRemain, Crash):
                continue
