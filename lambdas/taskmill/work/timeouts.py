"""What ends code that runs too long, and how its error tells where it was."""

from __future__ import annotations

from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from taskmill.model.errors import TaskTimeout

AGAIN_SECONDS = 1.0  # code that swallows the first interrupt gets another every second


class TimeIsUp(BaseException):
    """No `Exception`, so that task code's own `except Exception` does not swallow it."""

    where: TracebackType | None = None


def timeout_error(seconds: float, where: TracebackType | None) -> TaskTimeout:
    return TaskTimeout(f"ran longer than {seconds:g} s").with_traceback(where)


def stack_below(frame: FrameType | None, root: Callable[..., Any]) -> TracebackType | None:
    """Where a thread is: the frames from what `root` has called on."""
    trace: TracebackType | None = None
    while frame is not None and frame.f_code is not root.__code__:
        trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno or 0)
        frame = frame.f_back
    return trace
