"""Ends code that runs too long, in the process that runs it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from taskmill.work.threaded_calls import ThreadedCall
from taskmill.work.timeouts import AGAIN_SECONDS, TimeIsUp, stack_below, timeout_error

T = TypeVar("T")


def run_within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns; `TaskTimeout` when it takes longer than `seconds`.

    In the main thread a timer signal interrupts Python code and blocking calls alike. Made from
    another thread, the call gets a third one, which is left behind when its time is up: interrupted
    as soon as it runs Python code again, but not waited for. What it still does must do no harm.

    Calls may lie within each other (a task function that runs another task here, now); the outer
    one's time goes on meanwhile.
    """
    if threading.current_thread() is threading.main_thread():
        return _with_timer(seconds, call)
    return ThreadedCall(call).result(seconds)


def _with_timer(seconds: float, call: Callable[[], T]) -> T:
    over = False

    def ring(_signal: int, frame: FrameType | None) -> None:
        if not over:
            up = TimeIsUp()
            up.where = stack_below(frame, _with_timer)
            raise up

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, ring)
    outer_seconds = _start(seconds)
    outer_is_sooner = 0 < outer_seconds < seconds
    if outer_is_sooner:
        _start(outer_seconds)
    try:
        result = call()
        over = True
    except TimeIsUp as up:
        over = True
        if outer_is_sooner:
            raise  # its time is up; a clock would not tell, the timer may ring a moment early
        raise timeout_error(seconds, up.where) from None
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer_seconds:
            _start(outer_seconds - (time.monotonic() - began))
    return result


def _start(seconds: float) -> float:
    """Start the timer; seconds that were left of the one before it, 0 when there was none."""
    return signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), AGAIN_SECONDS)[0]
