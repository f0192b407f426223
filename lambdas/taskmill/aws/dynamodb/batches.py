"""Batch rows: claimed by a Map iteration, closed with counts, or given up by finish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from taskmill.aws.dynamodb.batch_claims import BatchClaim, Invocation
from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.model.batch_plan import batch_count
from taskmill.model.clock import Clock, now_ms, ttl_seconds
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import BATCH_SHARDS, BatchKey, TaskKey, batch_partition
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.subtask_layout import on_demand

TELL = "yes"  # of `tell`: the stream's filter lets such a change through to the dispatcher


class BatchStore:
    """Store of batch rows: claim, release, close, give up."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def claim(self, parent: TaskRow, number: int, by: Invocation) -> BatchRow:
        """Claim a batch for one invocation.

        A later retry of the same Map iteration takes over at once, because Step Functions retries
        only after the earlier invocation has ended. Any other invocation must wait until the
        lease has expired. A row of an earlier run is taken over whoever holds it, unless all
        subtasks of it completed.

        Returns:
            The row; its status is final if nothing is left to do.

        Raises:
            ClaimLost: Another invocation holds the batch.
        """
        return BatchClaim(
            table=self.table,
            retention_days=self.retention_days,
            clock=self.clock,
            parent=parent,
            number=number,
            by=by,
        ).make()

    def release(self, batch: BatchRow) -> None:
        """Give up the claim on an unfinished batch, so that the next invocation need not wait.

        Raises:
            ClaimLost: The batch passed to another invocation.
        """
        self._fenced(batch, {"leaseUntil": 0}, adds={"released": 1})

    def tell(self, batch: BatchRow, counts: Mapping[str, int]) -> None:
        """Store the counts of a batch so far, for the parent's counts. Raises as `release`."""
        self._fenced(batch, {"counts": counts, "tell": TELL})

    def close(
        self,
        batch: BatchRow,
        counts: Mapping[str, int],
        *,
        errors: Mapping[str, Any] | None = None,
        ttl: int | None = None,
    ) -> None:
        """Mark a batch as COMPLETED, with the counts of its subtasks. Raises as `release`.

        Args:
            errors: Of subtasks that failed, see `model/statistics/failures.py`.
            ttl: When the row expires, in epoch s; None: some days after now.
        """
        now = self.clock()
        sets: dict[str, Any] = {
            "status": Status.COMPLETED,
            "counts": counts,
            "tell": TELL,
            "finishedAt": now,
        }
        if errors:
            sets["errors"] = errors
        if counts.get("completed") == batch.last - batch.first + 1:
            sets["whole"] = True
        if ttl is None:
            ttl = ttl_seconds(now, self.retention_days)
        if ttl is not None:
            sets["ttl"] = ttl
        self._fenced(batch, sets)

    def of(self, parent: TaskKey) -> Iterator[BatchRow]:
        """All readable batch rows of a fan-out of the first layout, in order, at most 5,000."""
        found = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(batch_partition(parent))},
            ConsistentRead=True,
        )
        for values in found:
            with suppress(UnreadableRow):  # its subtasks count as those of a batch never closed
                yield BatchRow.from_values(values)

    def all(self, parent: TaskRow) -> dict[int, BatchRow]:
        """All readable batch rows of a fan-out by their numbers; eventually consistent.

        A read unit for some 18 batches of a large fan-out; half a unit each, of a small one.
        """
        if not on_demand(parent):
            size = parent.batch_size or 1
            return {each.first // size: each for each in self.of(parent.key)}
        count = batch_count(parent.child_count or 0, parent.batch_size or 1)
        if count <= BATCH_SHARDS:
            keys = [_key(parent, number).stored for number in range(count)]
            found = self.table.get_many(keys, consistent=False)
            rows = (values for values in found if values is not None)
        else:
            rows = (
                values
                for shard in range(BATCH_SHARDS)
                for values in self.table.query(
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": encode(_key(parent, shard).stored.pk)},
                )
            )
        readable = (each for each in map(_readable, rows) if isinstance(each, BatchRow))
        return {each.key.number: each for each in readable}

    def find(
        self, parent: TaskRow, numbers: Iterable[int]
    ) -> dict[int, BatchRow | UnreadableRow | None]:
        """The rows of these batches of a fan-out that stores rows on demand, 100 per request."""
        wanted = list(numbers)
        found = self.table.get_many([_key(parent, each).stored for each in wanted])
        return {
            number: None if values is None else _readable(values)
            for number, values in zip(wanted, found, strict=True)
        }

    def renew(self, batches: Sequence[BatchRow], ttl: int) -> None:
        """Let rows that stand from an earlier run expire no earlier than at `ttl` (epoch s)."""
        self.table.update_many(
            [
                Update(key=each.key.stored, sets={"ttl": ttl}, where={"status": each.status})
                for each in batches
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


def _key(parent: TaskRow, number: int) -> BatchKey:
    return BatchKey(parent.key, number, spread=on_demand(parent))


def _readable(values: Mapping[str, Any]) -> BatchRow | UnreadableRow:
    try:
        return BatchRow.from_values(values)
    except UnreadableRow as unreadable:
        return unreadable
