"""What happens beside the subtasks of a batch: waiting outcomes are written, counts are told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any, Self

from taskmill.fanout.outcomes import Outcomes
from taskmill.model.errors import ClaimLost

TICK_SECONDS = 0.5
TELL_SECONDS = 10.0  # a batch that runs for longer tells its counts so far, and again


class Ticking:
    """A thread beside the work of a batch, for as long as the `with` block lasts.

    Args:
        tell: Tells the counts so far; raises `ClaimLost` once they are another's.
    """

    def __init__(self, outcomes: Outcomes, tell: Callable[[], None], logger: Any) -> None:
        self._outcomes = outcomes
        self._tell = tell
        self._logger = logger
        self._over = threading.Event()
        self._told: dict[str, int] = {}
        self._tell_at = time.monotonic() + TELL_SECONDS
        self._thread = threading.Thread(
            target=lambda: Context().run(self._run), name="taskmill-batch", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(TICK_SECONDS):
            try:
                self._outcomes.flush_waiting()
                self._tell_if_due()
            except ClaimLost:
                return
            except Exception as error:  # noqa: BLE001  # tried again: at the next tick, or at the end
                self._logger.warning("not stored beside the work", error=repr(error))

    def _tell_if_due(self) -> None:
        counts = self._outcomes.counts()
        if time.monotonic() < self._tell_at or counts == self._told:
            return
        self._tell_at = time.monotonic() + TELL_SECONDS
        self._tell()
        self._told = counts
