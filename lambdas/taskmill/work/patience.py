"""Patience with AWS: calls that fail for a reason that passes are made again, while there is time.

botocore gives up after five tries within some seconds. A running task holds a lease of minutes,
so what taskmill calls for it (its input, its children, its outcome) can wait longer than that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from taskmill.aws.passing import passes
from taskmill.model.clock import Clock, now_ms
from taskmill.work.back_off import BackOff

CAP_SECONDS = 5.0  # between two tries: an outage's end is noticed within 5 s

T = TypeVar("T")


class OutOfPatience(Exception):
    """AWS could not be reached for as long as the attempt could wait. Not the task's failure."""


@dataclass(frozen=True)
class Patience:
    """Makes calls that may be repeated, again and again until they succeed or time is up.

    Args:
        until: Returns when to give up, in epoch milliseconds; asked anew after each failure, as
            a lease may be extended meanwhile.
        sleep: Waits the given number of seconds.
    """

    until: Callable[[], int]
    logger: Any
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, call: Callable[[], T]) -> T:
        """Make a call and return what it returns.

        Raises:
            OutOfPatience: It failed for a passing reason until time was up.
            Exception: It failed for any other reason.
        """
        back_off = BackOff(CAP_SECONDS)
        while True:
            try:
                return call()
            except Exception as error:
                if not passes(error):
                    raise
                self._pause(back_off.next_seconds(), error)

    @property
    def is_over(self) -> bool:
        """Whether there is no time left for another try."""
        return self.clock() >= self.until()

    def _pause(self, seconds: float, error: Exception) -> None:
        """Wait before the next try.

        Raises:
            OutOfPatience: There is no time for another.
        """
        if self.clock() + seconds * 1000 >= self.until():
            raise OutOfPatience(f"AWS could not be reached for too long: {error!r}") from error
        self.logger.warning("AWS unreachable, trying again", error=repr(error))
        self.sleep(seconds)
