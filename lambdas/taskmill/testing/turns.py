"""A lock for threads that wait for tasks of the in-process cloud at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Turns:
    """A nestable lock: no thread acts on the cloud while another thread's step is half done.

    A step may run task code that itself waits for another task, in another thread. That code
    inherits the step's context variables, so it takes the lock of that step (one per step) and not
    the outermost one, which the step holds.
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
