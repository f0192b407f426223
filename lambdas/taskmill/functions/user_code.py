"""What user code raises: its own errors, except for interruptions and a Ctrl-C at the terminal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIGINT
from types import FrameType

try:
    from _signal import getsignal, signal  # several times as fast
except ImportError:
    from signal import getsignal, signal

from taskmill.model.interruptions import Interruption

_CTRL_C: list[int] = []  # signals that arrived while user code ran in the main thread


def passes(error: BaseException) -> bool:
    """Whether an exception that came out of user code is none of its errors, so must be raised on.

    That is an `Interruption`, or the `KeyboardInterrupt` of a real Ctrl-C. Everything else that
    user code raises is its error: also `SystemExit`, `asyncio.CancelledError`, `GeneratorExit`, and
    a `KeyboardInterrupt` that it raises itself.
    """
    if isinstance(error, KeyboardInterrupt):
        return bool(_CTRL_C) and threading.current_thread() is threading.main_thread()
    return isinstance(error, Interruption)


@contextmanager
def noting_ctrl_c() -> Iterator[None]:
    """Run user code in a `with` block: then `passes` tells a Ctrl-C from what the code raised.

    Python raises the `KeyboardInterrupt` of a Ctrl-C in the main thread only.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = getsignal(SIGINT)
    if not callable(before) or getattr(before, "notes_ctrl_c", False):
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        _CTRL_C.append(number)
        before(number, frame)

    note.notes_ctrl_c = True  # type: ignore[attr-defined]
    _CTRL_C.clear()
    signal(SIGINT, note)
    try:
        yield
    finally:
        if getsignal(SIGINT) is note:
            signal(SIGINT, before)


def described(error: BaseException) -> str:
    """The type and message of an error of user code, in a line."""
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException as broken:  # `__str__` is user code, too
        if passes(broken):
            raise
        return type(error).__name__
