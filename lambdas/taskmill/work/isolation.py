"""Isolation of attempts: what the code of one leaves in its process is gone for the next."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from taskmill.work.process_state import Snapshot, restore, snapshot
from taskmill.work.thread_state import own_signals


class Attempts:
    """The attempts that run in this process now.

    State of the whole process (environment, working folder and others) is put back when the last of
    the attempts that ran at the same time ends: before, another of them may rely on it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before: Snapshot = ()

    @contextmanager
    def isolated(self, logger: Any) -> Iterator[None]:
        """Run the code of one attempt."""
        with self._lock:
            if not self._running:
                self._before = snapshot()
            self._running += 1
        try:
            with own_signals():
                yield
        finally:
            changed: list[str] = []
            with self._lock:
                self._running -= 1
                if not self._running:
                    changed = restore(self._before)
            if changed:
                logger.info("put back what task code had changed", changed=changed)


ATTEMPTS = Attempts()
if hasattr(os, "register_at_fork"):  # the lock may be held, and other threads are gone
    os.register_at_fork(after_in_child=ATTEMPTS.__init__)  # type: ignore[misc]
