"""Counts a fan-out of the first layout, all of whose subtasks were stored when it was split."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.writes import attribute_paths
from taskmill.model.batch_plan import batch_spans
from taskmill.model.error_details import final_error
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNTED, Status
from taskmill.model.subtask_states import WorkflowFailed


@dataclass(frozen=True, kw_only=True)
class StoredSweep:
    """Sums the batches, and ends the subtasks of those that did not close."""

    subtasks: SubtaskStore
    batches: BatchStore

    def counts(self, parent: TaskRow, reason: str) -> Counter[str]:
        """Exact counts. Subtasks of batches that did not close are ended here."""
        total = parent.child_count or 0
        closed = {
            batch.first: batch.counts
            for batch in self.batches.of(parent.key)
            if batch.status is Status.COMPLETED
        }
        counts: Counter[str] = Counter()
        for first, last in batch_spans(total, parent.batch_size or 1):
            counts.update(closed.get(first) or self._sweep(parent, first, last, reason))
        # Subtasks without a row: the split failed before it stored them. They count as not run.
        rest = "cancelled" if parent.ended else "failed"
        counts[rest] += total - counts.total()
        return counts

    def _sweep(self, parent: TaskRow, first: int, last: int, reason: str) -> Counter[str]:
        """End the open subtasks of a batch that was never closed, and count all of its rows."""
        for _ in range(2):  # a late worker may write a row first: then read again
            open_rows = [
                row for row in self.subtasks.read(parent.key, first, last) if not row.ended
            ]
            if all(
                self.subtasks.write([(row, _given_up(parent, row, reason)) for row in open_rows])
            ):
                break
        rows = self.subtasks.read(parent.key, first, last)
        return Counter(COUNTED[row.status] for row in rows if row.ended)


def _given_up(parent: TaskRow, row: TaskRow, reason: str) -> dict[str, Any]:
    """The end of a subtask whose batch was never closed; its error stays its own."""
    if parent.ended:
        return {"status": Status.CANCELLED}
    error = final_error(row.attributes.get("error"), WorkflowFailed(reason))
    return {"status": Status.FAILED, **attribute_paths({"error": error})}
