"""Subtask rows: inserted, read and updated in bulk, 25 writes per request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.aws.dynamodb.writes import ERROR, ending
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import CHUNK, TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


class SubtaskStore:
    """Store of the subtasks of step function tasks."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def insert(self, rows: Sequence[TaskRow]) -> None:
        """Insert subtasks; those that exist already stay unchanged."""
        self.table.insert_many([row.to_values() for row in rows])

    def read(self, parent: TaskKey, first: int, last: int) -> Iterator[TaskRow]:
        """Yield the subtasks `first` to `last` (inclusive) in order, partition by partition.

        Without unreadable rows: nothing can run or end these, so they count as not completed.
        """
        rows = self.shown(parent, first, last)
        return (row for row in rows if isinstance(row, TaskRow))

    def shown(self, parent: TaskKey, first: int, last: int) -> Iterator[TaskRow | UnreadableRow]:
        """As `read`, with the unreadable rows."""
        for chunk in range(first // CHUNK, last // CHUNK + 1):
            start = parent.subtask(max(first, chunk * CHUNK)).stored
            end = parent.subtask(min(last, (chunk + 1) * CHUNK - 1)).stored
            found = self.table.query(
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=encode_item(
                    {":pk": start.pk, ":first": start.sk, ":last": end.sk}
                ),
                ConsistentRead=True,
            )
            yield from map(TaskRow.shown, found)

    def write(
        self, outcomes: Sequence[tuple[TaskRow, Mapping[str, Any]]], removes: Sequence[str] = ()
    ) -> list[bool]:
        """Update or insert subtasks, 25 per request.

        Each update is conditional on the status and version that were read, so only one of two
        workers succeeds. A row of version 0 is inserted, which fails if there is one meanwhile.
        One that is CREATED begins anew: nothing of what its attributes held remains.

        Args:
            outcomes: Pairs of a row as it was read, and the attributes to set (dotted paths are
                allowed), such as `status`.
            removes: Attributes to remove from every row.

        Returns:
            False for each row that has changed since it was read.

        Raises:
            RowsRefused: Some outcomes cannot be stored; all others are.
        """
        return self.table.write_many([self._change(row, each, removes) for row, each in outcomes])

    def _change(
        self, row: TaskRow, changes: Mapping[str, Any], removes: Sequence[str]
    ) -> Update | Mapping[str, Any]:
        now = self.clock()
        sets = {**changes, "version": row.version + 1, "updatedAt": now}
        if "status" in changes:
            status = Status(changes["status"])
            sets |= ending(row.key, status, now=now, retention_days=self.retention_days)
        if row.ttl is not None:  # of a fan-out that stores rows on demand: one for all
            sets["ttl"] = row.ttl
        if row.version == 0:
            return {**row.to_values(), **_with_attributes(sets)}
        if row.status is Status.CREATED:
            sets = {"run": row.run, "createdAt": row.created_at, **_with_attributes(sets)}
            stale = [name for name in _OF_A_RUN if name not in sets]
            return Update(
                key=row.key.stored,
                sets=sets,
                removes=(*removes, *stale),
                where={"version": row.version},
            )
        if changes.get("status") is Status.COMPLETED and "error" in row.attributes:
            removes = (*removes, *ERROR)  # left by an earlier attempt
        return Update(
            key=row.key.stored,
            sets=sets,
            removes=removes,
            where={"status": row.status, "version": row.version},
        )

    def inserted(self, row: TaskRow, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `write` would insert for a row of version 0, by the table's names."""
        values = self._change(row, changes, ())
        if isinstance(values, Update):
            raise TypeError(f"{row.key} has version {row.version}: it is stored")
        return values

    def renew(self, rows: Sequence[TaskRow], ttl: int) -> None:
        """Let rows expire no earlier than at `ttl` (epoch s); their versions stay."""
        self.table.update_many(
            [
                Update(key=row.key.stored, sets={"ttl": ttl}, where={"version": row.version})
                for row in rows
            ]
        )


_OF_A_RUN = ("finishedAt", "attention", "retryAt", "fence", "fingerprint", "errorText")


def _with_attributes(sets: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with all paths into the row's attributes as one map."""
    start = "attributes."
    inner = {name.removeprefix(start): sets[name] for name in sets if name.startswith(start)}
    return {name: each for name, each in sets.items() if not name.startswith(start)} | {
        "attributes": inner
    }
