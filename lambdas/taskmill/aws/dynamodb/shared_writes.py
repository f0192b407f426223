"""Conditional updates of many threads, those that meet in one call."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import BATCH_STATEMENTS, Table

PATIENCE_SECONDS = 0.001  # how long the first of several waits for one more to join it
MOST_ROUNDS = 8  # how often, while others join
LATELY_SECONDS = 0.25  # after a shared call so long ago, the next is expected to be shared, too


@dataclass(eq=False)
class _Entry:
    """An update that waits. `woken` is set when it has been sent, or when it leads the next call.

    Attributes:
        done: Whether it was done; None: it was not sent yet.
    """

    update: Update
    done: bool | None = None
    woken: threading.Event = field(default_factory=threading.Event)


class SharedWrites:
    """One call is under way at a time, and what comes meanwhile shares the next.

    An update that is alone waits for nothing. After a shared call, the next one waits a
    millisecond for others, as tasks that began together often end together.
    """

    def __init__(self, table: Table, logger: Any) -> None:
        self._table = table
        self._logger = logger
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._sending = False
        self._shared_at = -LATELY_SECONDS

    def write(self, update: Update) -> bool:
        """Send an update and wait for it.

        Returns:
            False when it was not done, or nobody knows: its condition failed, the table had no
            room for it, the call did not get through. The caller must try it alone.
        """
        entry = _Entry(update)
        with self._lock:
            self._waiting.append(entry)
            leads, self._sending = not self._sending, True
        if leads:
            self._await_others()
        else:
            entry.woken.wait()
        if entry.done is None:
            self._send()
        return entry.done is True

    def _await_others(self) -> None:
        """Wait while more come, where some are to be expected."""
        if time.monotonic() - self._shared_at > LATELY_SECONDS:
            return
        for _ in range(MOST_ROUNDS):
            before = len(self._waiting)
            time.sleep(PATIENCE_SECONDS)
            if not before < len(self._waiting) < BATCH_STATEMENTS:
                return

    def _send(self) -> None:
        """Send the first of those that wait; the caller's is among them."""
        with self._lock:
            batch = self._waiting[:BATCH_STATEMENTS]
            del self._waiting[:BATCH_STATEMENTS]
        done = [False] * len(batch)
        try:
            done = self._table.update_each([each.update for each in batch])
        except Exception as error:  # noqa: BLE001  # each is tried alone, and raises what it must
            self._logger.warning("no shared write", error=repr(error), updates=len(batch))
        finally:
            for entry, was_done in zip(batch, done, strict=True):
                entry.done = was_done
                entry.woken.set()
            self._hand_over(len(batch))

    def _hand_over(self, sent: int) -> None:
        """After a call with so many updates, have the next one sent by the first that waits."""
        with self._lock:
            self._sending = bool(self._waiting)
            if sent > 1:
                self._shared_at = time.monotonic()
            if self._waiting:
                self._waiting[0].woken.set()
