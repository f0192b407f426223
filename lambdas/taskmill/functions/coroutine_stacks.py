"""Where the code of a coroutine is, whether it waits or runs in another thread."""

from __future__ import annotations

from types import FrameType, TracebackType
from typing import Any

from taskmill.model.interruptions import running_frame


def stack_of(coroutine: Any, thread: int) -> TracebackType | None:
    """The stack of a coroutine as a traceback, outermost frame first.

    Args:
        thread: The identifier of the thread that runs it, if it runs.
    """
    frames = _awaited_frames(coroutine)
    inner = _below(running_frame(thread), frames[-1]) if frames else []
    trace: TracebackType | None = None
    for frame in reversed([*frames, *inner]):
        trace = TracebackType(trace, frame, max(frame.f_lasti, 0), frame.f_lineno or 0)
    return trace


def _awaited_frames(coroutine: Any) -> list[FrameType]:
    """The frames of a coroutine and of what it awaits, outermost first."""
    frames: list[FrameType] = []
    each = coroutine
    while (frame := _first_of(each, "cr_frame", "gi_frame", "ag_frame")) is not None:
        frames.append(frame)
        each = _first_of(each, "cr_await", "gi_yieldfrom", "ag_await")
    return frames


def _first_of(thing: Any, *names: str) -> Any:
    """The first of these attributes that is there and not None; None: there is none."""
    values = (getattr(thing, name, None) for name in names)
    return next((value for value in values if value is not None), None)


def _below(frame: FrameType | None, outer: FrameType) -> list[FrameType]:
    """The frames of a running thread that `outer` has called, outermost first; none: not there."""
    found: list[FrameType] = []
    while frame is not None:
        if frame is outer:
            return found[::-1]
        found.append(frame)
        frame = frame.f_back
    return []
