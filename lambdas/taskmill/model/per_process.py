"""Things that each process has its own of, also a forked one: connections, locks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """A value that each process makes for itself, at its first use there.

    A forked process inherits the open connections of its parent. If both used them, each could be
    given the other's answers. What was inherited is neither used nor closed: closing a TLS
    connection would end it for the parent, too.

    Found by process id and not by `os.register_at_fork`, as servers written in C may fork without
    Python's hooks.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: dict[int, T] = {}

    def __call__(self) -> T:
        """The value of this process; of several threads that make it at once, one wins."""
        pid = os.getpid()
        try:
            return self._made[pid]
        except KeyError:
            return self._made.setdefault(pid, self._make())

    def made(self) -> T | None:
        """The value of this process, if it was made already."""
        return self._made.get(os.getpid())


class ProcessLock:
    """A reentrant lock: a forked process does not wait for a thread of its parent that holds it."""

    def __init__(self) -> None:
        self._lock = PerProcess(threading.RLock)

    def __enter__(self) -> None:
        self._lock().acquire()

    def __exit__(self, *error: object) -> None:
        self._lock().release()
