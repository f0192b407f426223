"""Calls in threads that can be left behind when their time is up."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from taskmill.functions.awaiting import ON_LOOP
from taskmill.work.timeouts import AGAIN_SECONDS, TimeIsUp, stack_below, timeout_error

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")

INTERRUPTS = 60  # of code that was left behind; after so many it is left alone


class ThreadedCall(Generic[T]):
    """A call in another thread than its caller's, with the caller's context variables."""

    def __init__(self, call: Callable[[], T]) -> None:
        self.loop: AbstractEventLoop | None = None
        self._call = call
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._context = contextvars.copy_context()
        self._context.run(ON_LOOP.set, self._note_loop)
        self._ended = threading.Event()
        self._end = threading.Lock()  # held to end, and to be left behind: it is one or the other
        self._left_behind = False

    def _note_loop(self, loop: AbstractEventLoop) -> None:
        """Called by an event loop of the call: idle or not, it must hear when the time is up."""
        self.loop = loop

    def result(self, seconds: float) -> T:
        """Make the call. `TaskTimeout` and the error of the call itself are raised here."""
        thread = _free_thread()
        thread.inbox.put(self)
        if not self._ended.wait(min(max(seconds, 0.001), threading.TIMEOUT_MAX)):
            with self._end:
                self._left_behind = not self._ended.is_set()
        if self._left_behind:
            frames = sys._current_frames()  # noqa: SLF001  # documented
            where = stack_below(frames.get(thread.ident or 0), ThreadedCall.run)
            self._interrupt(thread)
            threading.Thread(target=self._interrupt_again, args=(thread,), daemon=True).start()
            raise timeout_error(seconds, where) from None
        if self._error is not None:
            raise self._error
        return self._results[0]

    def run(self, free: Callable[[], None]) -> bool:
        """Make the call in this thread; False: it was left behind, and so is the thread.

        Args:
            free: Called when the thread can make another call, before anybody hears of this one.
        """
        with suppress(TimeIsUp):  # one that came when the call had just returned
            try:
                if not self._left_behind:
                    self._results.append(self._context.run(self._call))
            except BaseException as error:  # noqa: BLE001  # the caller's to deal with
                self._error = error
        with self._end:
            if self._left_behind:
                return False
            free()
            self._ended.set()
        return True

    def _interrupt_again(self, thread: threading.Thread) -> None:
        for _ in range(INTERRUPTS):
            thread.join(AGAIN_SECONDS)
            if not thread.is_alive():
                return
            self._interrupt(thread)

    def _interrupt(self, thread: threading.Thread) -> None:
        """Raise in the thread; an event loop that waits there is woken up for it."""
        import ctypes  # where nothing is ever late, nobody owes its import

        ident = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(TimeIsUp))
        if self.loop is not None:
            with suppress(RuntimeError):  # it is closed already
                self.loop.call_soon_threadsafe(lambda: None)


class _Thread(threading.Thread):
    """Makes calls one after another, until one is left behind: the thread ends with it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.inbox: SimpleQueue[ThreadedCall[Any]] = SimpleQueue()

    def run(self) -> None:
        free = partial(_FREE_THREADS.append, self)
        with suppress(TimeIsUp):
            while self.inbox.get().run(free):
                pass


def _free_thread() -> _Thread:
    """A thread that nobody else puts calls into; in all there are as many as calls at once."""
    try:
        return _FREE_THREADS.pop()
    except IndexError:
        thread = _Thread()
        thread.start()
        return thread


_FREE_THREADS: list[_Thread] = []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_FREE_THREADS.clear)  # they stay with the parent
