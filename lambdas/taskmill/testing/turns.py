"""Threads that wait at once move the in-process cloud one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Turns:
    """Nobody looks while somebody else's step is half done.

    A step may itself run code that waits, a task for another one; in whatever thread that is, it
    has the step's context, and takes turns with its like, within the turn that the step has.
    """

    def __init__(self) -> None:
        self._outermost = threading.Lock()

    @contextmanager
    def take(self) -> Iterator[None]:
        with _WITHIN.get() or self._outermost:
            token = _WITHIN.set(threading.Lock())
            try:
                yield
            finally:
                _WITHIN.reset(token)


_WITHIN: ContextVar[threading.Lock | None] = ContextVar("taskmill_turn", default=None)
