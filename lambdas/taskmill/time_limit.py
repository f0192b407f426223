"""Ends code that runs too long, in the process that runs it."""

from __future__ import annotations

import contextvars
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from taskmill.errors import TaskTimeout

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")

AGAIN_SECONDS = 1.0  # code that swallows the first interrupt gets another every second
INTERRUPTS = 60  # of code that was left behind; after so many it is left alone


class _TimeIsUp(BaseException):
    """No `Exception`, so that task code's own `except Exception` does not swallow it."""

    where: TracebackType | None = None


def run_within(seconds: float, call: Callable[[], T]) -> T:
    """What `call` returns; `TaskTimeout` when it takes longer than `seconds`.

    In the main thread a timer signal interrupts Python code and blocking calls alike. In another
    thread the call gets one of its own, which is left behind when its time is up: interrupted as
    soon as it runs Python code again, but not waited for. What it still does must do no harm.

    Calls may lie within each other (a task function that runs another task here, now); the outer
    one's time goes on meanwhile.
    """
    if threading.current_thread() is threading.main_thread():
        return _with_timer(seconds, call)
    return _ThreadedCall(call).result(seconds)


async def interruptible(awaitable: Awaitable[T]) -> T:
    """Await it so that the event loop, idle or not, hears when the time of its thread is up."""
    import asyncio

    if call := _CALL.get():
        call.loop = asyncio.get_running_loop()
    return await awaitable


# In the main thread


def _with_timer(seconds: float, call: Callable[[], T]) -> T:
    over = False

    def ring(_signal: int, frame: FrameType | None) -> None:
        if not over:
            up = _TimeIsUp()
            up.where = _stack(frame, _with_timer)
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
    except _TimeIsUp as up:
        over = True
        if outer_is_sooner:
            raise  # its time is up; a clock would not tell, the timer may ring a moment early
        raise _timeout(seconds, up.where) from None
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


# In other threads


class _ThreadedCall(Generic[T]):
    """A call in a thread of its own, with the caller's context variables."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.loop: AbstractEventLoop | None = None
        self._call = call
        self._results: list[T] = []
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        context.run(_CALL.set, self)
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)

    def result(self, seconds: float) -> T:
        self._thread.start()
        self._thread.join(min(max(seconds, 0.001), threading.TIMEOUT_MAX))
        if self._thread.is_alive():
            frames = sys._current_frames()  # noqa: SLF001  # documented
            where = _stack(frames.get(self._thread.ident or 0), _ThreadedCall._run)
            self._interrupt()
            threading.Thread(target=self._interrupt_again, daemon=True).start()
            raise _timeout(seconds, where) from None
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        with suppress(_TimeIsUp):  # one that came when the call had just returned
            try:
                self._results.append(self._call())
            except BaseException as error:  # noqa: BLE001  # the caller's to deal with
                self._error = error

    def _interrupt_again(self) -> None:
        for _ in range(INTERRUPTS):
            self._thread.join(AGAIN_SECONDS)
            if not self._thread.is_alive():
                return
            self._interrupt()

    def _interrupt(self) -> None:
        """Raise in the thread; an event loop that waits there is woken up for it."""
        import ctypes  # where nothing is ever late, nobody owes its import

        ident = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(_TimeIsUp))
        if self.loop is not None:
            with suppress(RuntimeError):  # it is closed already
                self.loop.call_soon_threadsafe(lambda: None)


_CALL: ContextVar[_ThreadedCall[Any] | None] = ContextVar("taskmill_call", default=None)


def _timeout(seconds: float, where: TracebackType | None) -> TaskTimeout:
    return TaskTimeout(f"ran longer than {seconds:g} s").with_traceback(where)


def _stack(frame: FrameType | None, root: Callable[..., Any]) -> TracebackType | None:
    """Where a thread is: the frames from what `root` has called on."""
    trace: TracebackType | None = None
    while frame is not None and frame.f_code is not root.__code__:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno or 0)
        frame = frame.f_back
    return trace
