"""The timeout of task code, enforced in the process that runs it."""

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
    """Call `call` and return what it returns, within `seconds`.

    In the main thread, a timer signal (SIGALRM) interrupts Python code and blocking calls alike.
    In any other thread, the call runs in a separate thread, which is abandoned when its time is
    up: it is interrupted as soon as it runs Python code again, but not waited for. So the call must
    do no harm if it goes on for a while after the timeout.

    Calls may be nested (a task function that runs another task with `execute_now`); the time of the
    outer call goes on meanwhile.

    Raises:
        TaskTimeout: The call took longer than `seconds`.
    """
    if threading.current_thread() is threading.main_thread():
        return _with_timer(seconds, call)
    return ThreadedCall(call).result(seconds)


def _with_timer(seconds: float, call: Callable[[], T]) -> T:
    over = False

    def interrupt(_signal: int, frame: FrameType | None) -> None:
        if not over:
            up = TimeIsUp()
            up.where = stack_below(frame, _with_timer)
            raise up

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, interrupt)
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
            raise  # for the outer call; do not ask the clock, the timer may fire slightly early
        raise timeout_error(seconds, up.where) from None
    finally:
        over = True
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer_seconds:
            _start(outer_seconds - (time.monotonic() - began))
    return result


def _start(seconds: float) -> float:
    """Start the timer. Returns the seconds left on the timer it replaces; 0: there was none."""
    return signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), AGAIN_SECONDS)[0]
