"""Batches that are given up: their rows say what their subtasks have become, in one write each.

A subtask that had ended by then is in `kept`, and stays what it is. All others have ended with
their batch; what a late worker still stores of them is no longer looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batch_claims import OF_A_RUN, unchanged
from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.batch_plan import batch_span
from taskmill.model.keys import BatchKey
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNTED, Status
from taskmill.model.subtask_states import has_begun, packed

REASON_LIMIT = 500  # characters


@dataclass(frozen=True, kw_only=True)
class GivingUp:
    """Gives up batches of one fan-out, as it was read.

    Attributes:
        status: What their open subtasks become: CANCELLED or FAILED.
        reason: Why, for the error of those that FAILED.
    """

    batches: BatchStore
    subtasks: SubtaskStore
    parent: TaskRow
    status: Status
    reason: str

    def absent(self, numbers: Sequence[int]) -> list[tuple[int, dict[str, int]]]:
        """Give up batches without a row, none of whose subtasks has one; 25 per request.

        Returns:
            Those that were given up, with their counts; the others have a row by now.
        """
        rows = [(number, self._row(number, [])) for number in numbers]
        done = self.batches.table.insert_many([row for _, row in rows])
        return [
            (number, row["counts"]) for (number, row), new in zip(rows, done, strict=True) if new
        ]

    def one(self, number: int, found: BatchRow | UnreadableRow | None) -> dict[str, int] | None:
        """Give up a batch whose row is as it was found.

        Returns:
            The counts of its subtasks; None: the row has changed since.
        """
        first, last = batch_span(number, self.parent.child_count or 0, self.parent.batch_size or 1)
        rows = self.subtasks.read(self.parent.key, first, last)
        row = self._row(number, [row for row in rows if row.ended and has_begun(self.parent, row)])
        try:
            if isinstance(found, BatchRow):
                self._replace(row, found)
            elif found is None:
                self.batches.table.put_new(row)
            else:  # nothing can claim it, or close it
                self.batches.table.put(row)
        except ConditionFailed:
            return None
        counts: dict[str, int] = row["counts"]
        return counts

    def _row(self, number: int, kept: Sequence[TaskRow]) -> dict[str, Any]:
        parent = self.parent
        first, last = batch_span(number, parent.child_count or 0, parent.batch_size or 1)
        counts = Counter(COUNTED[row.status] for row in kept)
        counts[COUNTED[self.status]] += last - first + 1 - len(kept)
        row = {
            **BatchKey(parent.key, number).stored._asdict(),
            "row": BATCH_ROW,
            "status": self.status,
            "first": first,
            "last": last,
            "run": parent.run,
            "since": parent.created_at,
            "counts": {name: count for name, count in counts.items() if count},
            "kept": packed((row.key.index or 0) - first for row in kept),
            "reason": None if self.status is Status.CANCELLED else self.reason[:REASON_LIMIT],
            "ttl": parent.rows_ttl,
            "updatedAt": self.batches.clock(),
        }
        return {name: value for name, value in row.items() if value is not None}

    def _replace(self, row: dict[str, Any], found: BatchRow) -> None:
        """Write the row over one that is as it was found; its fence stays, which nobody shows.

        Raises:
            ConditionFailed: The row has changed.
        """
        sets = {name: value for name, value in row.items() if name not in ("pk", "sk")}
        stale = [name for name in OF_A_RUN if name not in sets]
        condition, values = unchanged(found)
        names = {*sets, *stale, "fence", "run", "since", "reports", "status"}
        setting = ", ".join(f"#{name} = :{name}" for name in sets)
        self.batches.table.update_unseen(
            found.key.stored,
            f"SET {setting} REMOVE {', '.join(f'#{name}' for name in stale)}",
            condition=condition,
            names={f"#{name}": name for name in names},
            values={**sets, **values},
        )
