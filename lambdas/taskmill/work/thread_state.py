"""State of a thread that task code may change: its event loop, decimals, signals and timers."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

try:
    from _signal import getsignal  # 20 times as fast
except ImportError:
    from signal import getsignal

_POSIX = hasattr(signal, "pthread_sigmask")  # elsewhere, nothing below can be changed
# SIGURG belongs to the time limit.
_NOT_OURS = ("SIGKILL", "SIGSTOP", "SIGURG")
_SIGNALS = tuple(
    int(each)
    for each in signal.valid_signals()
    if each not in [getattr(signal, name, None) for name in _NOT_OURS]
)
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF) if _POSIX else ()
_SLACK_SECONDS = 0.01  # a timer that is off by less was not touched


class OwnValues:
    """Runs task code, in a `with` block, whose changes of some values end with it.

    These are the `decimal` context, the event loop and the signal mask of the thread. To be used in
    the thread of the code and in a copy of the context, with which its context variables end.

    No generator: `contextmanager` sets an attribute of the error, which some (frozen) ones refuse.
    """

    def __enter__(self) -> None:
        if decimal := sys.modules.get("decimal"):  # the copied context holds the very same object
            decimal.setcontext(decimal.getcontext().copy())
        self._event_loop = _event_loop()
        self._mask = _mask()

    def __exit__(self, *error: object) -> None:
        _set_event_loop(self._event_loop)
        if _mask() != self._mask:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)


@contextmanager
def own_signals() -> Iterator[None]:
    """Run task code whose signal handlers and timers end with it.

    Only the main thread can set handlers, so nothing is to be done in another one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    began = time.monotonic()
    handlers = [getsignal(each) for each in _SIGNALS]
    timers = [signal.getitimer(each) for each in _TIMERS]
    try:
        yield
    finally:
        _stop_timers(timers, time.monotonic() - began)
        for number, handler in zip(_SIGNALS, handlers, strict=True):
            if getsignal(number) != handler and handler is not None:  # None: not set from Python
                signal.signal(number, handler)


def _mask() -> set[Any]:
    """The signals that this thread blocks."""
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, ())) if _POSIX else set()


def _stop_timers(before: list[tuple[float, float]], seconds: float) -> None:
    """Stop timers that were started meanwhile; start those again that were replaced."""
    for timer, (left, interval) in zip(_TIMERS, before, strict=True):
        now, _ = signal.getitimer(timer)
        if not left and now:
            signal.setitimer(timer, 0)
        elif _was_touched(timer, now, left - seconds):
            signal.setitimer(timer, left - seconds, interval)


def _was_touched(timer: int, now: float, expected: float) -> bool:
    """Whether the timer of real time has another time left than it would have by itself."""
    return timer == signal.ITIMER_REAL and expected > 0 and abs(expected - now) > _SLACK_SECONDS


def _event_loop() -> tuple[Any, Any]:
    """The thread's current event loop, if it was set, without making one."""
    local = _loop_of_thread()
    return getattr(local, "_loop", None), getattr(local, "_set_called", False)


def _set_event_loop(before: tuple[Any, Any]) -> None:
    # `asyncio.set_event_loop(None)` would keep `asyncio.get_event_loop()` from making a new one.
    local = _loop_of_thread()
    if local is None or _event_loop() == before:
        return
    with suppress(AttributeError):
        local._loop = before[0]  # noqa: SLF001  # the public functions do not undo their effect
        if hasattr(local, "_set_called"):  # up to Python 3.13
            local._set_called = before[1]  # noqa: SLF001


def _loop_of_thread() -> Any:
    """Where asyncio keeps the event loop of this thread; None: elsewhere, or none was made."""
    events = sys.modules.get("asyncio.events")
    return getattr(getattr(events, "_event_loop_policy", None), "_local", None)
