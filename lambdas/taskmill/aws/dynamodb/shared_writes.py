"""Batches conditional updates of several threads into shared requests."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table

PATIENCE_SECONDS = 0.001  # the sender waits this long for another update to join
MOST_ROUNDS = 8  # it repeats this at most 8 times, while updates join
LATELY_SECONDS = 0.25  # it waits only within this time after a shared request


@dataclass(eq=False)
class _Entry:
    """A waiting update.

    Attributes:
        done: Whether the update succeeded; None: it was not sent yet.
        woken: Set when the update was sent, or when its thread shall send the next request.
    """

    update: Update
    done: bool | None = None
    woken: threading.Event = field(default_factory=threading.Event)


class SharedWrites:
    """Sends one request at a time; updates that arrive meanwhile share the next one.

    A lone update is sent at once. Shortly after a shared request, the next one waits 1 to 8
    milliseconds for others to join, because tasks that began together often end together.
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
            False if it failed or its outcome is unknown: the condition failed, the table throttled
            it, or the request failed. The caller must then send it as a single write.
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
        """Wait while updates join, if the last request was shared a short time ago."""
        if time.monotonic() - self._shared_at > LATELY_SECONDS:
            return
        for _ in range(MOST_ROUNDS):
            before = len(self._waiting)
            time.sleep(PATIENCE_SECONDS)
            if not before < len(self._waiting) < BATCH_STATEMENTS:
                return

    def _send(self) -> None:
        """Send up to 25 waiting updates, among them the caller's."""
        with self._lock:
            batch = self._waiting[:BATCH_STATEMENTS]
            del self._waiting[:BATCH_STATEMENTS]
        done = [False] * len(batch)
        try:
            done = self._table.update_each([each.update for each in batch])
        except Exception as error:  # noqa: BLE001  # each is retried as a single write, which raises
            self._logger.warning("no shared write", error=repr(error), updates=len(batch))
        finally:
            for entry, was_done in zip(batch, done, strict=True):
                entry.done = was_done
                entry.woken.set()
            self._hand_over(len(batch))

    def _hand_over(self, sent: int) -> None:
        """After a request with `sent` updates, let the first waiting thread send the next one."""
        with self._lock:
            self._sending = bool(self._waiting)
            if sent > 1:
                self._shared_at = time.monotonic()
            if self._waiting:
                self._waiting[0].woken.set()
