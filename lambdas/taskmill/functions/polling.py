"""Polling: reads a task at growing intervals until it has ended."""

from __future__ import annotations

import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.options import check_number
from taskmill.model.statuses import FINAL
from taskmill.model.wait_errors import WaitTimeout

if TYPE_CHECKING:
    from taskmill.model.api.views import Task

FIRST_SECONDS = 0.2
FACTOR = 1.5
CAP_SECONDS = 5.0

Pause = Callable[[float], bool | None]
"""Waits this many seconds; returns False if no further change can come (in tests)."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How to wait between two reads of a task.

    Attributes:
        pause: Waits for a number of seconds.
        seconds: Returns the current time in seconds, from any starting point.
        cap_seconds: Longest interval between two reads, plus or minus 20 %.
    """

    pause: Pause = time.sleep
    seconds: Callable[[], float] = time.monotonic
    cap_seconds: float = CAP_SECONDS

    async def pause_async(self, seconds: float) -> bool | None:
        """As `pause`, without blocking the event loop."""
        import asyncio

        if self.pause is not time.sleep:  # in a thread, because it may run async task code
            return await asyncio.to_thread(self.pause, seconds)
        await asyncio.sleep(seconds)
        return None


class Patience:
    """The timeout of one wait: pauses between two reads, until the time is over.

    Args:
        timeout_seconds: From now on; None: no limit.
    """

    def __init__(self, pace: Pace, timeout_seconds: float | None) -> None:
        check_timeout(timeout_seconds)
        self._pace = pace
        self._timeout_seconds = timeout_seconds
        self._began = pace.seconds()
        self._intervals = intervals(cap_seconds=pace.cap_seconds)
        self._stuck = False

    def pause(self, task: Task) -> None:
        """Wait until the next look at a task that has not ended.

        Raises:
            WaitTimeout: The time is over, or no further change can come.
        """
        self._stuck = self._pace.pause(self._next(task)) is False

    async def pause_async(self, task: Task) -> None:
        """As `pause`, without blocking the event loop."""
        self._stuck = await self._pace.pause_async(self._next(task)) is False

    def _next(self, task: Task) -> float:
        """Seconds until the next read; the task is read once more after the last change."""
        waited = self._pace.seconds() - self._began
        if self._stuck:
            raise WaitTimeout(task, waited, "nothing is left to happen that could move it")
        if self._timeout_seconds is None:
            return next(self._intervals)
        if waited >= self._timeout_seconds:
            raise WaitTimeout(task, self._timeout_seconds)
        return min(next(self._intervals), self._timeout_seconds - waited)


def check_timeout(timeout_seconds: float | None) -> None:
    """Refuse a time limit that is none: a timedelta, text, NaN, less than 0.

    Raises:
        InvalidOption: It is none of a number of seconds, infinity and None.
    """
    if timeout_seconds is not None and timeout_seconds != math.inf:
        check_number("timeout_seconds", timeout_seconds, unit="seconds")


def looks(look: Callable[[], Task], pace: Pace, *, timeout_seconds: float | None) -> Iterator[Task]:
    """Yield the task each time it is read; the last one has ended.

    Raises:
        WaitTimeout: The task has not ended in time.
    """
    patience = Patience(pace, timeout_seconds)
    while True:
        task = look()
        yield task
        if task.status in FINAL:
            return
        patience.pause(task)


async def looks_async(
    look: Callable[[], Awaitable[Task]], pace: Pace, *, timeout_seconds: float | None
) -> AsyncIterator[Task]:
    """As `looks`, without blocking the event loop."""
    patience = Patience(pace, timeout_seconds)
    while True:
        task = await look()
        yield task
        if task.status in FINAL:
            return
        await patience.pause_async(task)


def intervals(*, cap_seconds: float) -> Iterator[float]:
    """Seconds between reads: from 0.2 up to the cap, each with a jitter of 20 %.

    The jitter keeps many callers that began at the same time from polling in step.
    """
    seconds = FIRST_SECONDS
    while True:
        yield min(seconds, cap_seconds) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
        seconds = min(seconds * FACTOR, cap_seconds)
