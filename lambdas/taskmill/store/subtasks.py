"""Rows of subtasks and of the batches they are worked through in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from taskmill.clock import Clock, now_ms, ttl_seconds
from taskmill.errors import ClaimLost
from taskmill.keys import CHUNK, BatchKey, TaskKey, batch_partition
from taskmill.rows import BATCH_ROW, BatchRow, TaskRow
from taskmill.statuses import FINAL, Status
from taskmill.store.codec import encode, encode_item
from taskmill.store.table import ConditionFailed, Table, Update

TRANSACTION_MARKS = 99  # 100 actions, one of them the parent's


class SubtaskStore:
    """Many rows at a time: inserts and outcomes 25 a call, counts 99 a transaction."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def insert(self, rows: Sequence[TaskRow]) -> None:
        """Store new subtasks; one that is there already stays as it is."""
        self.table.insert_many([row.to_values() for row in rows])

    def read(self, parent: TaskKey, first: int, last: int) -> Iterator[TaskRow]:
        """The subtasks `first` to `last` in order, read from their partitions one by one."""
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
            yield from map(TaskRow.from_values, found)

    def write(
        self, outcomes: Sequence[tuple[TaskRow, Mapping[str, Any]]], removes: Sequence[str] = ()
    ) -> list[bool]:
        """Apply changes to subtasks as they were read, 25 a call.

        Each names the status and version it was decided on, so of two workers one writes.
        `changes` are row attributes (dotted paths allowed), among them `status`.
        """
        return self.table.update_many([self._change(row, each, removes) for row, each in outcomes])

    def claim_batch(
        self,
        key: BatchKey,
        *,
        span: tuple[int, int],
        fence: str,
        owner: str,
        retry: int,
        until: int,
    ) -> BatchRow:
        """Take a batch for one invocation.

        A later retry of the same Map iteration may take over at once: Step Functions retries
        only what has ended. Anybody else waits until the lease runs out.

        Returns:
            The row; with status COMPLETED when nothing is left to do.

        Raises:
            ClaimLost: Another invocation is at work on it.
        """
        now = self.clock()
        try:
            values = self.table.update(
                key.stored,
                "SET #row = :batch, #status = :started, #first = :first, #last = :last,"
                " #fence = :fence, #owner = :owner, retry = :retry, leaseUntil = :until,"
                " updatedAt = :now ADD claims :one",
                condition="attribute_not_exists(pk) OR (#status = :started AND ("
                "leaseUntil < :now OR (#owner = :owner AND retry < :retry)))",
                names={f"#{n}": n for n in ("row", "status", "first", "last", "fence", "owner")},
                values={
                    "batch": BATCH_ROW,
                    "started": Status.STARTED,
                    "first": span[0],
                    "last": span[1],
                    "fence": fence,
                    "owner": owner,
                    "retry": retry,
                    "until": until,
                    "now": now,
                    "one": 1,
                },
            )
        except ConditionFailed as refused:
            standing = BatchRow.from_values(refused.old or {})
            if standing.status in FINAL:
                return standing
            raise ClaimLost(
                f"batch {key.number} of {key.parent} is held by another invocation",
                again_in_ms=max(standing.lease_until - now, 0),
            ) from None
        return BatchRow.from_values(values)

    def release_batch(self, batch: BatchRow) -> None:
        """Hand a batch back unfinished, so that the next invocation need not wait."""
        self._fenced(batch, "SET leaseUntil = :zero ADD released :one", {"zero": 0, "one": 1})

    def close_batch(self, batch: BatchRow, counts: Mapping[str, int]) -> None:
        """End a batch with the counts of its rows.

        Raises:
            ClaimLost: The batch passed to another invocation.
        """
        values: dict[str, Any] = {"completed": Status.COMPLETED, "counts": counts}
        expression = "SET #status = :completed, #counts = :counts"
        if (ttl := ttl_seconds(self.clock(), self.retention_days)) is not None:
            expression += ", #ttl = :ttl"
            values["ttl"] = ttl
        self._fenced(batch, expression, values)

    def batches(self, parent: TaskKey) -> Iterator[BatchRow]:
        """All batch rows of a step function task, in order: at most 5,000 small rows."""
        found = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(batch_partition(parent))},
            ConsistentRead=True,
        )
        yield from map(BatchRow.from_values, found)

    def reopen_batch(self, batch: BatchRow) -> None:
        """Make a closed batch ready for another run; a second call changes nothing."""
        self.table.update_many(
            [
                Update(
                    key=batch.key.stored,
                    sets={"status": Status.STARTED, "leaseUntil": 0, "claims": 0, "released": 0},
                    removes=("counts", "counted", "ttl"),
                    where={"status": Status.COMPLETED, "fence": batch.fence},
                )
            ]
        )

    def count(self, parent: TaskKey, batches: Sequence[BatchRow]) -> bool:
        """Add closed batches to their parent's counts, each once, all or none.

        Returns:
            False when one of them was counted before or the parent is no longer PROCESSING.
        """
        marks = [self._count_mark(batch) for batch in batches[:TRANSACTION_MARKS]]
        totals = {
            name: sum(batch.counts.get(name, 0) for batch in batches)
            for name in ("completed", "failed", "cancelled")
        }
        actions = [*marks, self._count_total(parent, totals)]
        try:
            self.table.client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if _refused_for_good(error):
                return False
            raise
        return True

    def _change(self, row: TaskRow, changes: Mapping[str, Any], removes: Sequence[str]) -> Update:
        now = self.clock()
        sets = {**changes, "version": row.version + 1, "updatedAt": now}
        if changes.get("status") in FINAL:
            sets["finishedAt"] = now
            if (ttl := ttl_seconds(now, self.retention_days)) is not None:
                sets["ttl"] = ttl
        if changes.get("status") is Status.FAILED:
            sets["attention"] = f"FAILED#{row.key.tenant}"
        if changes.get("status") is Status.COMPLETED and "error" in row.attributes:
            removes = (*removes, "attributes.error")  # what an earlier attempt left
        return Update(
            key=row.key.stored,
            sets=sets,
            removes=removes,
            where={"status": row.status, "version": row.version},
        )

    def _fenced(self, batch: BatchRow, expression: str, values: Mapping[str, Any]) -> None:
        names = {"#status": "status", "#fence": "fence"}
        names |= {f"#{name}": name for name in ("counts", "ttl") if f"#{name}" in expression}
        try:
            self.table.update(
                batch.key.stored,
                expression,
                condition="#status = :started AND #fence = :fence",
                names=names,
                values={**values, "started": Status.STARTED, "fence": batch.fence},
            )
        except ConditionFailed:
            raise ClaimLost(
                f"batch {batch.key.number} of {batch.key.parent} passed to another invocation"
            ) from None

    def _count_mark(self, batch: BatchRow) -> dict[str, Any]:
        """Marks one batch as counted; its fence tells this closing from one of an earlier run."""
        return self._transact_update(
            batch.key.stored._asdict(),
            "SET counted = :true",
            "attribute_not_exists(counted) AND #fence = :fence AND #status = :completed",
            {"#fence": "fence", "#status": "status"},
            {":true": True, ":fence": batch.fence, ":completed": Status.COMPLETED},
        )

    def _count_total(self, parent: TaskKey, totals: Mapping[str, int]) -> dict[str, Any]:
        adds = ", ".join(f"#attributes.#counts.{name} :{name}" for name in totals)
        return self._transact_update(
            parent.stored._asdict(),
            f"SET updatedAt = :now ADD {adds}, version :one",
            "#status = :processing",
            {"#attributes": "attributes", "#counts": "counts", "#status": "status"},
            {
                ":now": self.clock(),
                ":one": 1,
                ":processing": Status.PROCESSING,
                **{f":{name}": total for name, total in totals.items()},
            },
        )

    def _transact_update(
        self,
        key: Mapping[str, str],
        expression: str,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": encode_item(key),
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": dict(names),
                "ExpressionAttributeValues": encode_item(values),
            }
        }


def _refused_for_good(error: ClientError) -> bool:
    """Whether a condition failed, rather than a conflict or a throttle that passes."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
