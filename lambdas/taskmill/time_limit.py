"""Ends code that runs too long, in the process that runs it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from taskmill.errors import TaskTimeout

AGAIN_SECONDS = 1.0  # code that swallows the first interrupt gets another every second


class _TimeIsUp(BaseException):
    """No `Exception`, so that task code's own `except Exception` does not swallow it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TaskTimeout` out of the block when it takes longer than `seconds`.

    A timer signal interrupts Python code and blocking calls alike. Outside the main thread there
    are no signals: the block then runs on, and the lease is what ends the attempt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), AGAIN_SECONDS)
    try:
        yield
    except _TimeIsUp as up:
        timeout = TaskTimeout(f"ran longer than {seconds:g} s")
        raise timeout.with_traceback(up.__traceback__) from None  # where the code was
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _TimeIsUp
