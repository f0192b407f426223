"""Interruptions: what taskmill itself raises through task code, to stop it."""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from types import FrameType

INTERRUPTS = 60  # of code that goes on past its time, one a second; then it is left running


class Interruption(BaseException):
    """Base class: the time limit, the suspension of a parent, and a simulated crash in tests.

    Everything else that task code raises is an error of its attempt. A `BaseException`, so that
    `except Exception` in task code does not catch it.
    """


BLOCKED = "other async code has blocked the event loop"


class HeldUp(Interruption):
    """Code of another task blocks the event loop: the attempt did not get on and is not counted."""


def raise_in(thread: int | None, kind: type[BaseException]) -> bool:
    """Make a thread raise this as soon as it runs Python code, in place of what is pending there.

    Args:
        thread: Its identifier.

    Returns:
        Whether there is such a thread.
    """
    import ctypes  # imported only after a timeout

    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    return bool(set_exception(ctypes.c_ulong(thread or 0), ctypes.py_object(kind)))


class _Dropped(BaseException):
    """Takes the place of what is pending."""


def drop_pending() -> None:
    """Drop what `raise_in` has left pending in this thread.

    Something else is raised in its place, and caught. Python has a call for it as well (with NULL
    for the exception). But after that, CPython 3.11 believes for good that something is pending
    somewhere, and a thread that a debugger or coverage.py traces waits for ever for that.

    Raises:
        Interruption: Another one took its place meanwhile.
    """
    try:
        _raise_and_catch()
    except Interruption:
        raise
    except BaseException:  # a Ctrl-C: what was to be dropped may still come
        _raise_and_catch()
        raise


def _raise_and_catch() -> None:
    try:
        pending = raise_in(threading.get_ident(), _Dropped)
        while pending:  # it comes with the next jump
            pass
    except _Dropped:
        pass


class ThreadEnd:
    """Keeps interrupts from the thread that gets the identifier of one that has just ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reached = False

    def interrupt(self, thread: int | None, kind: type[Interruption]) -> None:
        """Raise this in the thread, unless it has reached its end."""
        with self._lock:
            if not self._reached:
                raise_in(thread, kind)

    def reach(self) -> None:
        """Called by the thread as the last thing that it does."""
        while not self._reached:
            with suppress(Interruption), self._lock:
                self._reached = True


def running_frame(thread: int | None) -> FrameType | None:
    """What a thread runs right now, as its innermost frame; None: there is no such thread.

    Without a garbage collection meanwhile: one that frees something of another thread's would wait
    for ever, for a lock that `sys._current_frames` holds (python/cpython#106883, mended in later
    versions only).

    Args:
        thread: Its identifier.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return sys._current_frames().get(thread or 0)  # noqa: SLF001  # documented
    finally:
        if collects:
            gc.enable()
