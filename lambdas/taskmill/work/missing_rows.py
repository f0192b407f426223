"""Messages whose task has no row: it may be about to be put, or its submitter may have died.

A task is sent before its row is put (see `aws/starts.py`), so a message may be faster than the row,
and only by milliseconds. If there is no row for a minute, the message is dropped, after a tombstone
was put in the row's place: a put that comes later is refused and sends the task again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import Delivery, is_hint
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import TaskNotFound
from taskmill.model.keys import TaskKey

LOOKS_SECONDS = (0.025, 0.075, 0.2)  # pauses between the looks of one delivery
PATIENCE_MS = 60_000  # how old a message is when it is dropped; it decides how often, nothing else
# Where a queue does not say when it was sent: hidden for 1, 2, 4 … s, it is as old after so many.
RECEIVES = 7


@dataclass(frozen=True, kw_only=True)
class MissingRows:
    """Runs the tasks of messages, and decides about those whose task is not found."""

    tasks: TaskStore
    sleep: Callable[[float], None]
    logger: Any
    clock: Clock = now_ms

    def run(
        self,
        key: TaskKey,
        delivery: Delivery,
        *,
        first: Callable[[], None],
        again: Callable[[], None],
    ) -> int | None:
        """Run a task, or decide about its message if it has no row.

        Args:
            first: Runs the task; raises `TaskNotFound` if there is none.
            again: Runs it when it has appeared meanwhile.

        Returns:
            None: delete the message. Else: deliver it again after this many seconds.
        """
        try:
            first()
        except TaskNotFound:
            if is_hint(delivery.body):
                return None  # another message names the task
            if not self._appears(key):
                return self._answer(key, delivery)
            again()
        return None

    def _appears(self, key: TaskKey) -> bool:
        """Look again, for 0.3 s in all: whether there is a row now."""
        for pause in LOOKS_SECONDS:
            self.sleep(pause)
            if self._exists(key):
                return True
        return False

    def _answer(self, key: TaskKey, delivery: Delivery) -> int | None:
        """What to do with the message of a task that has not appeared. Returns as `run` does."""
        seconds = self._pause(delivery)
        if seconds is not None:
            return seconds
        if not self.tasks.bury(key, delivery.id):
            return 0  # it has just appeared
        self.logger.warning("no such task", key=str(key), message_id=delivery.id)
        return None

    def _pause(self, delivery: Delivery) -> int | None:
        """Seconds to hide a message that is still young; None: it is not."""
        if delivery.sent_at is None:
            receives = delivery.receives
            return None if receives >= RECEIVES else 2 ** (receives - 1)
        age_ms = self.clock() - delivery.sent_at
        if age_ms >= PATIENCE_MS:
            return None
        return max(age_ms // 1000, 1)  # as long again as it has waited: 1, 2, 4 … s

    def _exists(self, key: TaskKey) -> bool:
        try:
            self.tasks.get(key)
        except TaskNotFound:
            return False
        return True
