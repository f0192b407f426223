"""Function calls in other threads, which the caller abandons when their time is up."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from taskmill.functions.awaiting import AWAITS, Awaits
from taskmill.model.interruptions import BLOCKED, INTERRUPTS, HeldUp, ThreadEnd, running_frame
from taskmill.work.standstill import STANDSTILL
from taskmill.work.timeouts import AGAIN_SECONDS, TimeIsUp, stack_below, timeout_error

LOOK_SECONDS = 0.2  # how often to look whether a standstill is over, when little time is left
T = TypeVar("T")


class ThreadedCall(Generic[T]):
    """A call that runs in another thread, with a copy of the caller's context variables."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._awaits = Awaits()
        self._call = call
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._context = contextvars.copy_context()
        self._context.run(AWAITS.set, self._awaits)
        self._ended = threading.Event()
        self._end = threading.Lock()  # so that a call either ends or is abandoned, never both
        self._abandoned = False

    def result(self, seconds: float, late: Callable[[], None]) -> T:
        """Make the call and return what it returns.

        Args:
            late: Called as soon as the call is abandoned.

        Raises:
            TaskTimeout: The call took longer than `seconds`; it is abandoned.
            HeldUp: So it is, and it could not go on as other code blocks its event loop.
            BaseException: Whatever the call raises.
        """
        thread = _free_thread()
        thread.inbox.put(self)
        if not self._ends_within(max(seconds, 0.001)):
            with self._end:
                self._abandoned = not self._ended.is_set()
        if self._abandoned:
            late()
            frame = running_frame(thread.ident)
            where = self._awaits.stack() or stack_below(frame, ThreadedCall.run)
            self._interrupt(thread)
            threading.Thread(target=self._interrupt_again, args=(thread,), daemon=True).start()
            if self._awaits.held_up():
                raise HeldUp(BLOCKED)
            raise timeout_error(seconds, where) from None
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _ends_within(self, seconds: float) -> bool:
        """Wait for the end of the call, for so many seconds without those of a standstill."""
        ends, stood = time.monotonic() + seconds, STANDSTILL.seconds
        while (left := ends + STANDSTILL.seconds - stood - time.monotonic()) > 0:
            look = max(left, LOOK_SECONDS) if STANDSTILL.is_held else left
            if self._ended.wait(min(look, threading.TIMEOUT_MAX)):
                return True
        return self._ended.is_set()

    def run(self, free: Callable[[], None]) -> bool:
        """Make the call in this thread. False: the caller abandoned it, so the thread must end.

        Args:
            free: Called when the thread can take another call, before the caller gets the result.
        """
        with suppress(TimeIsUp):  # an interrupt that arrived just after the call had returned
            try:
                if not self._abandoned:
                    self._results.append(self._context.run(self._call))
            except BaseException as error:  # noqa: BLE001  # raised again in the caller's thread
                self._error = error
        with self._end:
            if self._abandoned:
                return False
            free()
            self._ended.set()
        return True

    def _interrupt_again(self, thread: _Thread) -> None:
        for _ in range(INTERRUPTS):
            thread.join(AGAIN_SECONDS)
            if not thread.is_alive():
                return
            self._interrupt(thread)

    def _interrupt(self, thread: _Thread) -> None:
        """Raise `TimeIsUp` in the thread, and interrupt what it awaits so that it gets there."""
        thread.end.interrupt(thread.ident, TimeIsUp)
        self._awaits.interrupt()


class _Thread(threading.Thread):
    """A daemon thread that makes calls one after another, and ends after an abandoned one."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.inbox: SimpleQueue[ThreadedCall[Any]] = SimpleQueue()
        self.end = ThreadEnd()

    def run(self) -> None:
        free = partial(_FREE_THREADS.append, self)
        with suppress(TimeIsUp):
            while self.inbox.get().run(free):
                pass
        self.end.reach()


def _free_thread() -> _Thread:
    """An idle thread, or a new one: there are as many as there were calls at the same time."""
    try:
        return _FREE_THREADS.pop()
    except IndexError:
        thread = _Thread()
        thread.start()
        return thread


_FREE_THREADS: list[_Thread] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_FREE_THREADS.clear)  # a fork copies no threads
