"""Things that each event loop has its own of: connections belong to the loop that opened them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from taskmill.model.per_process import PerProcess

T = TypeVar("T")


class PerLoop(Generic[T]):
    """A value that each event loop of each process makes for itself, at its first use there.

    A program may run one loop after the other (`asyncio.run` twice), or one in each thread.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._of_loops: PerProcess[WeakKeyDictionary[asyncio.AbstractEventLoop, T]] = PerProcess(
            WeakKeyDictionary
        )

    def __call__(self) -> T:
        """The value of the running loop."""
        found = self.made()
        if found is None:
            found = self._of_loops()[asyncio.get_running_loop()] = self._make()
        return found

    def made(self) -> T | None:
        """The value of the running loop, if it was made already."""
        return self._of_loops().get(asyncio.get_running_loop())
