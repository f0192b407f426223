"""Acts on one task of a bulk operation: once, however often the page is repeated."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.model.bulk_filter import CANCEL, Matching
from taskmill.model.chosen_subtasks import Chosen
from taskmill.model.errors import (
    Conflict,
    IllegalStatusChange,
    LimitExceeded,
    PayloadMissing,
    TaskmillError,
    TaskNotFound,
)
from taskmill.model.rows.history import Actor
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, Status
from taskmill.service.change import Changes, may_be_retried

NOT_FOUND, UNREADABLE, EXPIRED, AGAIN = "not found", "unreadable", "expired", "ended again since"


@dataclass(frozen=True, kw_only=True)
class Acting:
    """Cancels or retries tasks as the service does; each names the bulk in its history."""

    service: Changes
    matching: Matching
    actor: Actor

    def act(self, row: TaskRow | UnreadableRow | None, only: Chosen | None = None) -> str | None:
        """Act on a task, as it was read, unless this bulk did so before.

        Args:
            only: Of a fan-out: the subtasks to retry; None: all that did not complete.

        Returns:
            Why it was skipped: its status, or one of the words above. None: it was acted on.
        """
        if row is None:
            return NOT_FOUND
        if isinstance(row, UnreadableRow):
            return UNREADABLE
        if self.matching.acted_on(row):
            return None
        try:
            return self._cancel(row) if self.matching.action == CANCEL else self._retry(row, only)
        except IllegalStatusChange as refused:
            return self._overtaken(row, str(refused.details.get("status", "changed")))
        except (Conflict, LimitExceeded, PayloadMissing, TaskNotFound) as refused:
            return _reason(refused)

    def _cancel(self, row: TaskRow) -> str | None:
        if row.status in FINAL:
            return str(row.status)
        self.service.tasks.move(row.key, Status.CANCELLED, actor=self.actor)
        return None

    def _retry(self, row: TaskRow, only: Chosen | None) -> str | None:
        if not may_be_retried(row):
            return str(row.status)
        if (row.finished_at or 0) > self.matching.begun:
            return AGAIN
        if only is not None:
            indexes = [i for first, last in only.ranges for i in range(first, last + 1)]
            only = self.service.chosen_again(row, indexes)
        self.service.reopen(row, actor=self.actor, only=only)
        return None

    def _overtaken(self, row: TaskRow, reason: str) -> str | None:
        """The row has changed since it was read; perhaps by a worker that had this bulk before."""
        found = self.service.rows_of([row.key]).get(row.key)
        acted = isinstance(found, TaskRow) and self.matching.acted_on(found)
        return None if acted else reason


def _reason(refused: TaskmillError) -> str:
    if isinstance(refused, TaskNotFound):
        return NOT_FOUND
    if isinstance(refused, PayloadMissing):
        return EXPIRED
    return UNREADABLE if isinstance(refused, UnreadableRow) else refused.code
