"""Claims: a worker takes a task for one attempt, extends the lease, and writes the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.claimable import CLAIM_SOURCES, CLAIMABLE, why_unclaimed
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.aws.dynamodb.writes import ERROR, Write, attribute_paths, check_readable, ending
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost, IllegalStatusChange, TaskCancelled, Throttled
from taskmill.model.flow_control.admission import LATE_MS
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status


class ClaimStore:
    """Store of claims. Every later write of an attempt is conditional on the fence of its claim.

    These writes raise `TaskCancelled` if the task was cancelled meanwhile, and `ClaimLost` if it
    has ended otherwise or passed to another worker.
    """

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def claim(self, key: TaskKey, *, fence: str, lease_until: int, max_attempts: int) -> TaskRow:
        """Claim a task for one attempt; of several callers, exactly one succeeds.

        If the response was lost, the same claim can be repeated with the same fence.

        Args:
            fence: A new token, unique to this claim.
            lease_until: When the lease expires, in epoch ms.
            max_attempts: Of the task's retry policy.

        Raises:
            ClaimLost: Another worker holds an unexpired lease, or the task is not due, waits for
                children, or has ended.
            AttemptsSpent: The last lease expired and no attempt is left.
            NotAdmitted: It has not the slots, or not the units, that its limits demand.
            OutOfTime: It expired before it began, or its deadline has passed.
            TaskNotFound: No task has this key.
            UnreadableRow: Its row holds what no task can have.
        """
        now = self.clock()
        try:
            values = self.table.update(
                key.stored,
                "SET #status = :started, #fence = :fence, leaseUntil = :lease, updatedAt = :now,"
                " startedAt = if_not_exists(startedAt, :now), maxAttempts = :limit,"
                " #history = list_append(if_not_exists(#history, :none), :entry)"
                " ADD attempts :one, version :one REMOVE retryAt, rateAt, lineAt",
                condition=CLAIMABLE,
                names={"#status": "status", "#fence": "fence", "#history": "history"},
                values={
                    "started": Status.STARTED,
                    "fence": fence,
                    "lease": lease_until,
                    "now": now,
                    "late": now - LATE_MS,
                    "limit": max_attempts,
                    "one": 1,
                    "none": [],
                    "entry": [[Status.STARTED, now, 0]],
                    **CLAIM_SOURCES,
                },
            )
        except ClientError as error:
            check_readable(self.table, key, error)
            raise
        except ConditionFailed as refused:
            values = dict(refused.old or {})
            if (values.get("status"), values.get("fence")) != (Status.STARTED, fence):
                raise why_unclaimed(key, refused, max_attempts, now=self.clock()) from None
        return TaskRow.from_values(_with_attempt(values))

    def extend(
        self,
        row: TaskRow,
        *,
        lease_until: int,
        kept: Mapping[str, Any] | None = None,
        attempts: int | None = None,
    ) -> TaskRow:
        """Extend the lease of a running attempt and store its progress.

        Args:
            kept: The progress, and attributes of a built-in task.
            attempts: Which attempt this one is from now on: 1 after a step that needs no repeating.

        Raises:
            TaskCancelled: The task was cancelled meanwhile.
            ClaimLost: The task passed to another worker, or has ended.
        """
        sets: dict[str, Any] = {"leaseUntil": lease_until, **attribute_paths(kept or {})}
        if attempts is not None:
            sets["attempts"] = attempts
        return self._fenced(row, Status.PROCESSING, sets)

    def end(self, row: TaskRow, status: Status, *, attributes: Mapping[str, Any]) -> None:
        """Write the final status of an attempt. Raises as `extend` does."""
        sets, removes = self._ending(row, status, attributes)
        self._final_write(row, status, sets, removes)

    def end_counted(
        self,
        row: TaskRow,
        status: Status,
        *,
        attributes: Mapping[str, Any],
        tally: Mapping[str, Any],
    ) -> bool:
        """Write the final status of a child's attempt together with its parent's tally.

        Args:
            tally: See `ChildStore.tally_of`.

        Returns:
            False if nothing was written: the parent needs no tally or is being written, or the
            child has changed. `end` says what is true of the child.
        """
        now = self.clock()
        sets, removes = self._ending(row, status, attributes)
        write = _write_of(row, status, {**sets, "counted": True}, removes, None, now=now)
        where = {**write.where, "parentRun": row.parent_run, "awaited": True}
        counted = replace(write, where=where, unless={"counted": True})
        action = counted.request(now).action(self.table, row.key.stored)
        try:
            return not self.table.transact([action, tally])
        except (ClientError, Throttled):  # what the row cannot hold, or a parent that is contended
            return False

    def _ending(
        self, row: TaskRow, status: Status, attributes: Mapping[str, Any]
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        """What to set and to remove with a final status."""
        sets = attribute_paths(attributes)
        sets |= ending(row.key, status, now=self.clock(), retention_days=self.retention_days)
        stale = status is Status.COMPLETED and "error" in row.attributes  # of an earlier attempt
        return sets, ERROR if stale else ()

    def errored(
        self,
        row: TaskRow,
        *,
        attributes: Mapping[str, Any],
        retry_at: int,
        returned: bool = False,
    ) -> None:
        """Write a failed attempt; the next is due at `retry_at` (epoch ms). Raises as `extend`.

        Args:
            attributes: The error, and progress that is not stored yet.
            returned: The attempt does not count.
        """
        sets: dict[str, Any] = attribute_paths(attributes) | {"retryAt": retry_at}
        if returned:
            sets["returned"] = (row.returned or 0) + 1
            sets["attempts"] = row.attempts - 1
        self._final_write(row, Status.ERRORED, sets)

    def announce(self, row: TaskRow, *, children: int, trail: str, lease_until: int) -> TaskRow:
        """Store how many children the task is about to have, before any of them is inserted.

        So their number is known even after a crash, and a worker that has lost the claim starts
        none. Raises as `extend` does.

        Args:
            children: Number of children in all.
            trail: A hash of their names.
        """
        sets = {"childCount": children, "trail": trail, "leaseUntil": lease_until}
        return self._fenced(row, Status.PROCESSING, sets)

    def suspend(
        self, row: TaskRow, *, awaited: int, stalls: int, attributes: Mapping[str, Any]
    ) -> None:
        """Suspend a task (WAITING) until `awaited` of its children have ended and been counted.

        The attempt does not count: the task resumes under the same attempt number. Raises as
        `extend` does.
        """
        sets = attribute_paths(attributes) | {
            "awaitedTotal": awaited,
            "stalls": stalls,
        }
        self._final_write(row, Status.WAITING, sets, adds={"attempts": -1})

    def hand_on(self, row: TaskRow, *, attributes: Mapping[str, Any]) -> None:
        """Suspend a built-in task that waits for nothing: any worker may resume it at once.

        The attempt does not count. Raises as `extend` does.
        """
        sets = attribute_paths(attributes) | {"awaitedTotal": 0, "awaitedDone": 0}
        self._final_write(row, Status.WAITING, sets, adds={"attempts": -1})

    def finished(
        self, row: TaskRow, settlement: Mapping[str, int], *, attributes: Mapping[str, Any]
    ) -> None:
        """Write FINISHED: the function has returned, children are open. Raises as `extend` does.

        Args:
            settlement: How many children there are in all, and how many of them the function
                knows to have `failed` or been `cancelled`.
        """
        sets = attribute_paths(attributes) | {
            "settlement": settlement,
        }
        stale = ERROR if "error" in row.attributes else ()
        self._final_write(row, Status.FINISHED, sets, stale)

    def release(self, row: TaskRow) -> TaskRow:
        """Give up the claim before the attempt has ended, so that another worker can claim at once.

        The attempt does not count. Raises as `extend` does.
        """
        return self._fenced(row, row.status, {"leaseUntil": 0}, ("fence",), {"attempts": -1})

    def _fenced(
        self,
        row: TaskRow,
        status: Status,
        sets: Mapping[str, Any],
        removes: Sequence[str] = (),
        adds: Mapping[str, int] | None = None,
    ) -> TaskRow:
        """A write of the attempt that holds the claim and keeps it; returns the new row."""
        now = self.clock()
        with _claim_errors(row):
            write = _write_of(row, status, sets, removes, adds, now=now)
            return write.apply(self.table, row.key, now=now)

    def _final_write(
        self,
        row: TaskRow,
        status: Status,
        sets: Mapping[str, Any],
        removes: Sequence[str] = (),
        adds: Mapping[str, int] | None = None,
    ) -> None:
        """The last write of an attempt, which does not need the new row."""
        now = self.clock()
        with _claim_errors(row):
            write = _write_of(row, status, sets, removes, adds, now=now)
            write.apply_unseen(self.table, row.key, now=now)


_HELD = sorted(RUNNING)


def _write_of(
    row: TaskRow,
    status: Status,
    sets: Mapping[str, Any],
    removes: Sequence[str],
    adds: Mapping[str, int] | None,
    *,
    now: int,
) -> Write:
    """A write under the fence, with an entry in the history if the status changes.

    Reports from outside may have added entries that this attempt has not seen; they are kept.
    """
    moved = status is not row.status
    if moved:
        sets = {**sets, "history": row.history_with(status, now)}
    return Write(
        status=status,
        sets=sets,
        entered=(status, now, row.attempts) if moved else None,
        seen=len(row.history) if moved else None,
        removes=removes,
        adds=adds or {},
        allowed=_HELD,
        where={"fence": row.fence},
    )


@contextmanager
def _claim_errors(row: TaskRow) -> Iterator[None]:
    """Convert a failed condition to `TaskCancelled` or `ClaimLost`."""
    try:
        yield
    except IllegalStatusChange as lost:
        if lost.details.get("status") == Status.CANCELLED:
            raise TaskCancelled(f"{row.key} was cancelled") from None
        raise ClaimLost(f"{row.key} passed to another worker or has ended") from None


def _with_attempt(values: Mapping[str, Any]) -> dict[str, Any]:
    """The claimed row, with the new attempt number in its newest history entry."""
    *before, (status, at, _) = values["history"]
    return {**values, "history": [*before, (status, at, values["attempts"])]}
