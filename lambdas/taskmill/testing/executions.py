"""Plays the workflow split ▶ Map(batch) ▶ finish, with its retries, step by step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.errors import SubtasksRemain
from taskmill.handlers import subtasks
from taskmill.testing.clients import Crash

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud

RETRIES = {"split": 6, "batch": 60, "finish": 10}
BACK_OFF_MS = 1_000
MAX_BACK_OFF_MS = 60_000


@dataclass
class _Sleep:
    until: int


class _GaveUp(Exception):
    """A step failed more often than its retries allow."""


class ExecutionPlayer:
    """Every execution is a generator that pauses after each step, so that others come between."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud
        self._running: list[tuple[Iterator[_Sleep | None], int]] = []

    def ready(self) -> bool:
        self._adopt()
        return any(due <= self._cloud.clock() for _, due in self._running)

    def next_due(self) -> int | None:
        self._adopt()
        return min((due for _, due in self._running), default=None)

    def step(self) -> None:
        """Let one execution go on to its next pause."""
        ready = [each for each in self._running if each[1] <= self._cloud.clock()]
        chosen = ready[0] if self._cloud.chaos.seed is None else self._cloud.random.choice(ready)
        self._running.remove(chosen)
        for pause in chosen[0]:
            due = pause.until if pause else self._cloud.clock()
            self._running.append((chosen[0], due))
            return

    def _adopt(self) -> None:
        waiting = self._cloud.executions.waiting
        while waiting:
            self._running.append((self._play(waiting.pop(0)), self._cloud.clock()))

    def _play(self, name: str) -> Iterator[_Sleep | None]:
        event = json.loads(self._cloud.executions.started[name]) | {"execution": name}
        try:
            plan = yield from self._try("split", subtasks.split, event)
            spans = list(plan["batches"])
            if self._cloud.chaos.seed is not None:
                self._cloud.random.shuffle(spans)
            for span in spans:
                if name in self._cloud.executions.stopped:
                    break
                yield from self._batch({**event, "range": span})
        except _GaveUp as broken:
            event |= {"cause": {"Error": "Exception", "Cause": str(broken)}}
        if name in self._cloud.executions.stopped:
            detail = {"status": "ABORTED", "name": name, "input": json.dumps(event)}
            event = {"source": "aws.states", "detail": detail}
        yield from self._try("finish", subtasks.finish, event)

    def _batch(self, event: dict[str, Any]) -> Iterator[_Sleep | None]:
        try:
            yield from self._try("batch", subtasks.batch, event)
        except _GaveUp:
            return  # the Map tolerates it; finish sweeps up

    def _try(self, step: str, handler: Any, event: dict[str, Any]) -> Any:
        """Invoke until it succeeds or its retries are spent; then once more per extra delivery."""
        for retry in range(RETRIES[step] + 1):
            try:
                answer = handler({**event, "retry": retry}, self._cloud.context(900))
            except (Exception, Crash) as error:  # as States.ALL
                if retry == RETRIES[step]:
                    raise _GaveUp(f"{type(error).__name__}: {error}") from error
                self._redeliver(handler, {**event, "retry": retry})
                back_off = min(BACK_OFF_MS * 2**retry, MAX_BACK_OFF_MS)
                yield _Sleep(self._cloud.clock() + back_off)
            else:
                self._redeliver(handler, {**event, "retry": retry})
                yield None
                return answer
        return None

    def _redeliver(self, handler: Any, event: dict[str, Any]) -> None:
        for _ in range(self._cloud.chaos.deliveries - 1):
            try:
                handler(event, self._cloud.context(900))
            except (SubtasksRemain, Crash):
                continue
