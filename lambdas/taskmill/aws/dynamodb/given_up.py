"""Batches that are given up: their rows say what their subtasks have become, in a write each.

A subtask that had ended by then is in `kept`, and stays what it is. All others have ended with
their batch; what a late worker still stores of them is no longer looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batch_claims import OF_A_RUN, unchanged
from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.batch_plan import batch_span
from taskmill.model.keys import BatchKey
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.failures import Failures, failure, summed
from taskmill.model.statuses import COUNTED, Status
from taskmill.model.subtask_states import has_begun, packed

REASON_LIMIT = 500  # characters
TOGETHER = 50  # batches; a transaction has 100 actions
ROWS_AT_ONCE = 5_000  # of subtasks, which have some KB each in memory


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """What has become of the subtasks of a batch: their counts, and the errors of some of them.

    `stood`: it is as an earlier run left it.
    """

    counts: Mapping[str, int]
    errors: Mapping[str, Any]
    stood: bool = False


def end_of(row: Mapping[str, Any]) -> BatchEnd:
    return BatchEnd(row["counts"], row.get("errors", {}))


@dataclass(frozen=True, kw_only=True)
class GivingUp:
    """Gives up batches of one fan-out, as it was read.

    Attributes:
        status: What their open subtasks become: CANCELLED or FAILED.
        reason: Why, for the error of these subtasks; None: they were CANCELLED with their fan-out.
    """

    batches: BatchStore
    subtasks: SubtaskStore
    parent: TaskRow
    status: Status
    reason: str | None

    def absent(self, numbers: Sequence[int]) -> list[tuple[int, BatchEnd]]:
        """Give up batches without a row, none of whose subtasks has one; 25 per request.

        Returns:
            Those that were given up, with their counts; the others have a row by now.
        """
        rows = [(number, self._row(number, [])) for number in numbers]
        done = self.batches.table.insert_many([row for _, row in rows])
        return [(number, end_of(row)) for (number, row), new in zip(rows, done, strict=True) if new]

    def together(self, found: Mapping[int, BatchRow | UnreadableRow | None]) -> dict[int, BatchEnd]:
        """Give up batches whose rows are as they were found, in one transaction.

        Args:
            found: In order, at most `together_at_most`. Rows of adjacent ones are read together.

        Returns:
            The counts of each; none: some row has changed since, and nothing was written.
        """
        kept: dict[int, list[TaskRow]] = {}
        for first, last in self._stretches(found):
            for row in self._kept(first, last):
                number = (row.key.index or 0) // (self.parent.batch_size or 1)
                kept.setdefault(number, []).append(row)
        rows = {number: self._row(number, kept.get(number, [])) for number in found}
        actions = [self._action(rows[number], found[number]) for number in found]
        if self.batches.table.transact(actions):
            return {}
        return {number: end_of(row) for number, row in rows.items()}

    def one(self, number: int, found: BatchRow | UnreadableRow | None) -> BatchEnd | None:
        """Give up a batch whose row is as it was found.

        Returns:
            The counts of its subtasks; None: the row has changed since.
        """
        row = self._row(number, self._kept(*self._span(number)))
        try:
            if isinstance(found, BatchRow):
                self._replace(row, found)
            elif found is None:
                self.batches.table.put_new(row)
            else:  # nothing can claim it, or close it
                self.batches.table.put(row)
        except ConditionFailed:
            return None
        return end_of(row)

    def _row(self, number: int, kept: Sequence[TaskRow]) -> dict[str, Any]:
        parent = self.parent
        first, last = self._span(number)
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
            "errors": _errors(kept, parent.run) or None,
            "kept": packed((row.key.index or 0) - first for row in kept),
            "reason": None if self.reason is None else self.reason[:REASON_LIMIT],
            "ttl": parent.rows_ttl,
            "updatedAt": self.batches.clock(),
        }
        return {name: value for name, value in row.items() if value is not None}

    def _kept(self, first: int, last: int) -> list[TaskRow]:
        """The subtasks of a range that have ended in this run, or completed in one before."""
        rows = self.subtasks.read(self.parent.key, first, last)
        return [row for row in rows if row.ended and has_begun(self.parent, row)]

    def _stretches(self, numbers: Iterable[int]) -> list[tuple[int, int]]:
        """The subtasks of these batches, as few ranges as possible."""
        found: list[tuple[int, int]] = []
        for first, last in map(self._span, numbers):
            if found and found[-1][1] + 1 == first:
                found[-1] = found[-1][0], last
            else:
                found.append((first, last))
        return found

    def _span(self, number: int) -> tuple[int, int]:
        parent = self.parent
        return batch_span(number, parent.child_count or 0, parent.batch_size or 1)

    def _action(
        self, row: dict[str, Any], found: BatchRow | UnreadableRow | None
    ) -> dict[str, Any]:
        """The write of one batch, for a transaction."""
        name = self.batches.table.name
        if not isinstance(found, BatchRow):
            put: dict[str, Any] = {"TableName": name, "Item": encode_item(row)}
            if found is None:
                put["ConditionExpression"] = "attribute_not_exists(pk)"
            return {"Put": put}
        expression, condition, names, values = _replacing(row, found)
        return {
            "Update": {
                "TableName": name,
                "Key": encode_item(found.key.stored._asdict()),
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": encode_item(
                    {f":{each}": value for each, value in values.items()}
                ),
            }
        }

    def _replace(self, row: dict[str, Any], found: BatchRow) -> None:
        """Write the row over one that is as it was found.

        Raises:
            ConditionFailed: The row has changed.
        """
        expression, condition, names, values = _replacing(row, found)
        self.batches.table.update_unseen(
            found.key.stored, expression, condition=condition, names=names, values=values
        )


def _errors(kept: Iterable[TaskRow], run: int) -> Failures:
    """The errors of subtasks that had failed before their batch was given up."""
    failed = [row for row in kept if row.status is Status.FAILED]
    return summed(
        failure(
            row.attributes.get("error") or {},
            index=row.key.index or 0,
            new=int(row.run >= run),
            known=row.fingerprint,
        )
        for row in failed
    )


def together_at_most(parent: TaskRow) -> int:
    """How many batches of a fan-out are given up in one transaction."""
    return max(1, min(TOGETHER, ROWS_AT_ONCE // (parent.batch_size or 1)))


def _replacing(
    row: dict[str, Any], found: BatchRow
) -> tuple[str, str, dict[str, str], dict[str, Any]]:
    """Expression, condition, names and values; the fence stays, which nobody shows."""
    sets = {name: value for name, value in row.items() if name not in ("pk", "sk")}
    stale = [name for name in OF_A_RUN if name not in sets]
    condition, values = unchanged(found)
    names = {*sets, *stale, "fence", "run", "since", "reports", "status"}
    setting = ", ".join(f"#{name} = :{name}" for name in sets)
    return (
        f"SET {setting} REMOVE {', '.join(f'#{name}' for name in stale)}",
        condition,
        {f"#{name}": name for name in names},
        {**sets, **values},
    )
