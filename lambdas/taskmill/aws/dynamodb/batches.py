"""Batch rows: claimed by a Map iteration, closed with counts, added up in the parent's row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION, ConditionFailed
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms, ttl_seconds
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import BatchKey, TaskKey, batch_partition
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.statuses import COUNT_NAMES, FINAL, Status

TRANSACTION_MARKS = 99  # a transaction has 100 actions, one of them on the parent's row
_NAMES = ("row", "status", "first", "last", "fence", "owner")  # some are reserved words of DynamoDB


class BatchStore:
    """Store of batch rows: claim, release, close, count."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def claim(
        self,
        key: BatchKey,
        *,
        span: tuple[int, int],
        fence: str,
        owner: str,
        retry: int,
        until: int,
    ) -> BatchRow:
        """Claim a batch for one invocation.

        A later retry of the same Map iteration takes over at once, because Step Functions retries
        only after the earlier invocation has ended. Any other invocation must wait until the
        lease has expired.

        Args:
            span: First and last index of the batch, inclusive.
            owner: The execution that runs the Map iteration.
            retry: Number of this retry within the iteration.
            until: When the lease expires, in epoch ms.

        Returns:
            The row; its status is COMPLETED if nothing is left to do.

        Raises:
            ClaimLost: Another invocation holds the batch.
        """
        now = self.clock()
        expires = ttl_seconds(now, self.retention_days)
        try:
            values = self.table.update(
                key.stored,
                "SET #row = :batch, #status = :started, #first = :first, #last = :last,"
                " #fence = :fence, #owner = :owner, retry = :retry, leaseUntil = :until,"
                f" updatedAt = :now{', #ttl = :ttl' if expires else ''} ADD claims :one",
                condition="attribute_not_exists(pk) OR (#status = :started AND ("
                "leaseUntil < :now OR (#owner = :owner AND retry < :retry)))",
                names={f"#{name}": name for name in (*_NAMES, *(["ttl"] if expires else []))},
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
                    **({"ttl": expires} if expires else {}),
                },
            )
        except ConditionFailed as refused:
            standing = BatchRow.from_values(refused.old or {})
            if standing.status in FINAL or standing.fence == fence:  # ours: its answer was lost
                return standing
            raise ClaimLost(
                f"batch {key.number} of {key.parent} is held by another invocation",
                again_in_ms=max(standing.lease_until - now, 0),
            ) from None
        return BatchRow.from_values(values)

    def release(self, batch: BatchRow) -> None:
        """Give up the claim on an unfinished batch, so that the next invocation need not wait.

        Raises:
            ClaimLost: The batch passed to another invocation.
        """
        self._fenced(batch, {"leaseUntil": 0}, adds={"released": 1})

    def close(self, batch: BatchRow, counts: Mapping[str, int]) -> None:
        """Mark a batch as COMPLETED, with the counts of its subtasks.

        Raises:
            ClaimLost: The batch passed to another invocation.
        """
        sets: dict[str, Any] = {"status": Status.COMPLETED, "counts": counts}
        if (ttl := ttl_seconds(self.clock(), self.retention_days)) is not None:
            sets["ttl"] = ttl
        self._fenced(batch, sets)

    def of(self, parent: TaskKey) -> Iterator[BatchRow]:
        """All readable batch rows of a step function task in order, at most 5,000."""
        found = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(batch_partition(parent))},
            ConsistentRead=True,
        )
        for values in found:
            with suppress(UnreadableRow):  # its subtasks count as those of a batch never closed
                yield BatchRow.from_values(values)

    def reopen(self, batch: BatchRow) -> None:
        """Reset a closed batch for another run of its parent. Idempotent."""
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

    def count(self, parent: TaskKey, batches: Sequence[BatchRow]) -> list[BatchRow]:
        """Add up to 99 closed batches to their parent's counts in one transaction, each once.

        A parent that is no longer PROCESSING needs no counts: whatever ended it has summed the
        batch rows, and another run starts from these.

        Returns:
            Empty if this is done, or the parent is not PROCESSING. If some batches were counted
            before, nothing was written, and these are the others.
        """
        marks = [self._count_mark(batch) for batch in batches]
        totals = {name: sum(batch.counts.get(name, 0) for batch in batches) for name in COUNT_NAMES}
        refused = self.table.transact([*marks, self._count_total(parent, totals)])
        if not refused or refused[-1] == REFUSED_IN_TRANSACTION:
            return []
        each = zip(batches, refused[:-1], strict=True)
        return [batch for batch, reason in each if reason != REFUSED_IN_TRANSACTION]

    def keep(self, batches: Sequence[BatchRow]) -> None:
        """Mark closed batches as counted, since another run starts with their counts."""
        self.table.update_many(
            [
                Update(
                    key=batch.key.stored,
                    sets={"counted": True},
                    where={"status": Status.COMPLETED, "fence": batch.fence},
                )
                for batch in batches
            ]
        )

    def _fenced(
        self, batch: BatchRow, sets: Mapping[str, Any], *, adds: Mapping[str, int] | None = None
    ) -> None:
        """A write that succeeds only while this invocation holds the batch."""
        request = UpdateRequest()
        for name, value in sets.items():
            request.set(name, value)
        for name, amount in (adds or {}).items():
            request.add(name, amount)
        request.require_status([Status.STARTED])
        request.require("fence", batch.fence)
        try:
            request.send(self.table, batch.key.stored)
        except ConditionFailed:
            raise ClaimLost(
                f"batch {batch.key.number} of {batch.key.parent} passed to another invocation"
            ) from None

    def _count_mark(self, batch: BatchRow) -> dict[str, Any]:
        """Mark one batch as counted; the fence rules out a batch closed in another run."""
        return self._transact_update(
            batch.key.stored._asdict(),
            "SET counted = :true",
            "attribute_not_exists(counted) AND #fence = :fence AND #status = :completed",
            {"#fence": "fence", "#status": "status"},
            {":true": True, ":fence": batch.fence, ":completed": Status.COMPLETED},
        )

    def _count_total(self, parent: TaskKey, totals: Mapping[str, int]) -> dict[str, Any]:
        # SET, because ADD works only on top-level attributes, and the counts are in a map.
        paths = {name: f"#attributes.#counts.{name}" for name in totals}
        sums = ", ".join(f"{path} = {path} + :{name}" for name, path in paths.items())
        return self._transact_update(
            parent.stored._asdict(),
            f"SET updatedAt = :now, {sums} ADD version :one",
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
