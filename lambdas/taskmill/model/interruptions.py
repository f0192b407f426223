"""Interruptions: what taskmill itself raises through task code, to stop it."""

from __future__ import annotations

import gc
import sys
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


def raise_in(thread: int | None, kind: type[BaseException] | None) -> None:
    """Make a thread raise this as soon as it runs Python code; None: drop what is pending.

    Args:
        thread: Its identifier.
    """
    import ctypes  # imported only after a timeout

    raised = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread or 0), raised)


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
