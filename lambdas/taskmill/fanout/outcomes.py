"""How the subtasks of a batch ended: gathered, written 25 a call, and counted."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.table import BATCH_STATEMENTS
from taskmill.aws.dynamodb.writes import attribute_paths
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNTED, Status
from taskmill.work.attempts import Outcome

FLUSH_SECONDS = 2.0  # the longest that an outcome waits for others to be written with


@dataclass
class Outcomes:
    """The outcomes of one invocation.

    Attributes:
        at_once: Write each by itself, so that none is lost when the process dies.
        due: When the failed attempts are to be repeated, in epoch milliseconds.
        lost: Somebody else changed a row meanwhile: what is known here is out of date.
    """

    subtasks: SubtaskStore
    at_once: bool
    due: list[int] = field(default_factory=list)
    lost: bool = False
    _ended: dict[int, Status] = field(default_factory=dict)
    _pending: list[tuple[TaskRow, Outcome]] = field(default_factory=list)
    _pending_since: float = 0.0

    def begin(self) -> None:
        """Start over with the rows as they are now."""
        self.due, self.lost, self._ended = [], False, {}

    def found(self, row: TaskRow) -> None:
        """A row that had ended before."""
        self._ended[row.key.index or 0] = row.status

    def add(self, row: TaskRow, outcome: Outcome) -> None:
        """An outcome to be written, now or with those that follow."""
        if not self._pending:
            self._pending_since = time.monotonic()
        self._pending.append((row, outcome))
        waited = time.monotonic() - self._pending_since
        if self.at_once or len(self._pending) >= BATCH_STATEMENTS or waited >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        outcomes, self._pending = self._pending, []
        written = self.subtasks.write([(row, _changes(row, outcome)) for row, outcome in outcomes])
        for (row, outcome), done in zip(outcomes, written, strict=True):
            if not done:
                self.lost = True
            elif outcome.retry_at is not None:
                self.due.append(outcome.retry_at)
            else:
                self._ended[row.key.index or 0] = outcome.status

    def counts(self) -> dict[str, int]:
        return dict(Counter(COUNTED[status] for status in self._ended.values()))


def _changes(row: TaskRow, outcome: Outcome) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": outcome.status, "attempts": row.attempts}
    if outcome.retry_at is not None:
        changes["retryAt"] = outcome.retry_at
    return changes | attribute_paths(outcome.attributes)
