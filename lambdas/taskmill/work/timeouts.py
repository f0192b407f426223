"""The exception that interrupts task code at its timeout, and the error that is stored for it."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from taskmill.model.errors import TaskTimeout
from taskmill.model.interruptions import Interruption

AGAIN_SECONDS = 1.0  # interrupts are repeated every second, for code that swallows the first


class TimeIsUp(Interruption):
    """Interrupts task code at its timeout."""


def timeout_error(seconds: float, where: TracebackType | None) -> TaskTimeout:
    return TaskTimeout(f"ran longer than {seconds:g} s").with_traceback(where)


def stack_below(frame: FrameType | None, root: Callable[..., Any]) -> TracebackType | None:
    """The stack of a thread as a traceback: only the frames that `root` called."""
    trace: TracebackType | None = None
    while frame is not None and frame.f_code is not root.__code__:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno or 0)
        frame = frame.f_back
    return trace
