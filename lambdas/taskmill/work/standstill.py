"""Time in which a person looks at a task in a debugger: no time limit and no lease runs on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Standstill:
    """The time of this process that counts for no limit, as somebody looks at it.

    There is none on AWS: `taskmill dev` holds it while a debugger waits for a command.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._since = 0.0
        self._before = 0.0

    @property
    def is_held(self) -> bool:
        return self._holders > 0

    @property
    def seconds(self) -> float:
        """How long it was held so far, this time included."""
        with self._lock:
            now = time.monotonic() - self._since if self._holders else 0.0
            return self._before + now

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let all limits of the process stand still in a `with` block; may be nested."""
        with self._lock:
            if not self._holders:
                self._since = time.monotonic()
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                if not self._holders:
                    self._before += time.monotonic() - self._since


STANDSTILL = Standstill()
