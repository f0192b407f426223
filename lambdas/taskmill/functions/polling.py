"""How a caller waits for a task: it looks again and again, less and less often."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.errors import WaitTimeout
from taskmill.model.statuses import FINAL

if TYPE_CHECKING:
    from taskmill.model.api.views import Task

FIRST_SECONDS = 0.2
FACTOR = 1.5
CAP_SECONDS = 5.0

Pause = Callable[[float], bool | None]
"""Waits so many seconds; False: nothing will change any more, however long one waits."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a waiting caller spends its time between two looks.

    Attributes:
        pause: Waits.
        seconds: The present, from any moment on.
        cap_seconds: The longest time between two looks, give or take 20 %.
    """

    pause: Pause = time.sleep
    seconds: Callable[[], float] = time.monotonic
    cap_seconds: float = CAP_SECONDS

    async def pause_async(self, seconds: float) -> bool | None:
        """As `pause`; others may go on meanwhile."""
        import asyncio

        if self.pause is not time.sleep:  # in a thread: it may run async task code
            return await asyncio.to_thread(self.pause, seconds)
        await asyncio.sleep(seconds)
        return None


class Patience:
    """What is left of a caller's time.

    Args:
        timeout_seconds: None waits for ever.
    """

    def __init__(self, pace: Pace, timeout_seconds: float | None) -> None:
        self._pace = pace
        self._timeout_seconds = timeout_seconds
        self._began = pace.seconds()
        self._intervals = intervals(cap_seconds=pace.cap_seconds)
        self._vain = False

    def pause(self, task: Task) -> None:
        """Wait until the next look at a task that has not ended.

        Raises:
            WaitTimeout: The time is over, or nothing is left that could move the task.
        """
        self._vain = self._pace.pause(self._next(task)) is False

    async def pause_async(self, task: Task) -> None:
        """As `pause`; others may go on meanwhile."""
        self._vain = await self._pace.pause_async(self._next(task)) is False

    def _next(self, task: Task) -> float:
        """Seconds until the next look; one is due also after the last thing has happened."""
        waited = self._pace.seconds() - self._began
        if self._vain:
            raise WaitTimeout(task, waited, "nothing is left to happen that could move it")
        if self._timeout_seconds is None:
            return next(self._intervals)
        if waited >= self._timeout_seconds:
            raise WaitTimeout(task, self._timeout_seconds)
        return min(next(self._intervals), self._timeout_seconds - waited)


def looks(look: Callable[[], Task], pace: Pace, *, timeout_seconds: float | None) -> Iterator[Task]:
    """The task as it stands, again and again, at the latest when it has ended.

    Raises:
        WaitTimeout: It has not ended in time.
    """
    patience = Patience(pace, timeout_seconds)
    while True:
        task = look()
        yield task
        if task.status in FINAL:
            return
        patience.pause(task)


def intervals(*, cap_seconds: float) -> Iterator[float]:
    """Seconds between looks: growing up to the cap, each 20 % more or less by chance.

    Chance keeps a thousand callers that began together from asking together.
    """
    seconds = FIRST_SECONDS
    while True:
        yield min(seconds, cap_seconds) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
        seconds = min(seconds * FACTOR, cap_seconds)
