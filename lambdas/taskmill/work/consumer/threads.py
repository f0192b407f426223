"""Daemon threads: a task that never returns must not keep the process alive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class DaemonThreads(Generic[T]):
    """A thread pool that calls `run` with each item, and grows whenever all threads are busy."""

    def __init__(self, run: Callable[[T], None]) -> None:
        self._run = run
        self._waiting: SimpleQueue[tuple[T] | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0

    def put(self, item: T) -> None:
        if not self._idle.acquire(blocking=False):
            self._started += 1
            start(self._work)
        self._waiting.put((item,))

    def close(self) -> None:
        """End idle threads now, and busy ones after their current item."""
        for _ in range(self._started):
            self._waiting.put(None)

    def _work(self) -> None:
        while item := self._waiting.get():
            self._run(item[0])
            self._idle.release()


def start(run: Callable[[], None]) -> threading.Thread:
    """Run a function in a new daemon thread."""
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread
