"""Rows of tasks and step function tasks: submit, claim, move, end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from taskmill.clock import Clock, now_ms, ttl_seconds
from taskmill.errors import (
    AttemptsSpent,
    ClaimLost,
    IllegalStatusChange,
    TaskCancelled,
    TaskExists,
    TaskNotFound,
)
from taskmill.keys import TaskKey
from taskmill.rows import HISTORY_LIMIT, TaskRow
from taskmill.statuses import FINAL, RETRYABLE, RUNNING, Status, sources
from taskmill.store.codec import encode
from taskmill.store.expressions import UpdateRequest
from taskmill.store.table import ConditionFailed, Table, Update

NAMES = {"#status": "status", "#attributes": "attributes", "#ttl": "ttl"}
Mark = tuple[TaskRow, Status]


class TaskStore:
    """What may happen to a task's row; every change is one conditional write."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def get(self, key: TaskKey) -> TaskRow:
        """The row, strongly consistent.

        Raises:
            TaskNotFound: There is none.
        """
        values = self.table.get(key.stored)
        if values is None:
            raise not_found(key)
        return TaskRow.from_values(values)

    def put(self, row: TaskRow) -> None:
        """Store a new task.

        Raises:
            TaskExists: A task with this key is there.
        """
        try:
            self.table.put_new(row.to_values())
        except ConditionFailed:
            raise TaskExists(f"{row.key} exists already") from None

    def put_many(self, rows: Sequence[TaskRow]) -> list[bool]:
        """Store new tasks, 25 a call; False where the key is taken: that row stays as it is."""
        return self.table.insert_many([row.to_values() for row in rows])

    def claim(self, key: TaskKey, *, fence: str, lease_until: int, max_attempts: int) -> TaskRow:
        """Take a task for one attempt; of several callers, exactly one succeeds.

        Raises:
            ClaimLost: Another worker holds an unexpired lease, it is not due, or it has ended.
            AttemptsSpent: The last lease ran out and no attempt is left.
            TaskNotFound: No task has this key.
        """
        now = self.clock()
        try:
            values = self.table.update(
                key.stored,
                "SET #status = :started, #fence = :fence, leaseUntil = :lease, updatedAt = :now,"
                " startedAt = if_not_exists(startedAt, :now), maxAttempts = :limit,"
                " #history = list_append(#history, :entry)"
                " ADD attempts :one, version :one REMOVE retryAt",
                condition=_CLAIMABLE,
                names={"#status": "status", "#fence": "fence", "#history": "history"},
                values={
                    "started": Status.STARTED,
                    "fence": fence,
                    "lease": lease_until,
                    "now": now,
                    "limit": max_attempts,
                    "one": 1,
                    "entry": [[Status.STARTED, now, 0]],
                    **_CLAIM_SOURCES,
                },
            )
        except ConditionFailed as refused:
            raise self._why_unclaimed(key, refused, max_attempts) from None
        return _with_attempt(TaskRow.from_values(values))

    def extend(
        self, row: TaskRow, *, lease_until: int, progress: Mapping[str, Any] | None = None
    ) -> TaskRow:
        """Extend the lease of a running attempt and note its progress.

        Raises:
            TaskCancelled: The task was cancelled meanwhile.
            ClaimLost: The lease passed to another worker.
        """
        changes: dict[str, Any] = {"leaseUntil": lease_until}
        if row.status is not Status.PROCESSING:
            changes["history"] = row.history_with(Status.PROCESSING, self.clock())
        if progress is not None:
            changes["attributes.progress"] = progress
        return self._fenced(row, Status.PROCESSING, changes)

    def end(self, row: TaskRow, status: Status, *, attributes: Mapping[str, Any]) -> TaskRow:
        """Write the outcome of an attempt that holds the claim. Raises as `extend` does."""
        changes: dict[str, Any] = {f"attributes.{name}": each for name, each in attributes.items()}
        changes["history"] = row.history_with(status, self.clock())
        stale = status is Status.COMPLETED and "error" in row.attributes  # of an earlier attempt
        gone = ("attributes.error",) if stale else ()
        return self._fenced(row, status, changes | self._ending(row.key, status), gone)

    def errored(self, row: TaskRow, *, error: Mapping[str, str], retry_at: int) -> TaskRow:
        """Note a failed attempt that another will follow. Raises as `extend` does."""
        changes = {
            "attributes.error": error,
            "retryAt": retry_at,
            "history": row.history_with(Status.ERRORED, self.clock()),
        }
        return self._fenced(row, Status.ERRORED, changes)

    def move(
        self,
        key: TaskKey,
        status: Status,
        *,
        attributes: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        removes: Sequence[str] = (),
        run: int | None = None,
        unless: Mapping[str, Any] | None = None,
    ) -> TaskRow:
        """Move a task as the status table allows, whoever holds it.

        Args:
            attributes: Merged into the row's attributes.
            extra: Further row attributes to set, under the table's names.
            removes: Row attributes to drop.
            run: Only while this is the task's run.
            unless: Not when the row has these values already.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
            IllegalStatusChange: Its status has no such move, or its run is another.
        """
        changes = {f"attributes.{name}": each for name, each in (attributes or {}).items()}
        changes |= self._ending(key, status) | dict(extra or {})
        where = {} if run is None else {"run": run}
        entry = [[status, self.clock(), 0]]
        return self._write(
            key, status, changes, sources(status), where, removes, entry, unless=unless
        )

    def amend(
        self, key: TaskKey, attributes: Mapping[str, Any], *, notify_id: str | None = None
    ) -> TaskRow:
        """Merge attributes into a row without moving it.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
        """
        changes = {f"attributes.{name}": each for name, each in attributes.items()}
        if notify_id is not None:
            changes["notifyId"] = notify_id
        return self._write(key, None, changes, tuple(Status), {}, (), [])

    def reopen(self, key: TaskKey) -> TaskRow:
        """The explicit retry: from FAILED or CANCELLED back to CREATED, as the next run.

        Raises:
            TaskNotFound: No task has this key.
            IllegalStatusChange: It has not failed and was not cancelled.
        """
        gone = ("finishedAt", "ttl", "attention", "fence", "leaseUntil", "retryAt")
        dropped = ("attributes.error", "attributes.result", "attributes.resultRef")
        entry = [[Status.CREATED, self.clock(), 0]]
        return self._write(
            key,
            Status.CREATED,
            {"attempts": 0},
            tuple(RETRYABLE),
            {},
            (*gone, *dropped, "attributes.progress"),
            entry,
            adds={"run": 1},
        )

    def mark(self, marks: Iterable[Mark]) -> list[bool]:
        """Note what was emitted for rows (QUEUED, SCHEDULED, STARTED), 25 a call.

        A row that has moved on since it was seen keeps what it has: False.
        """
        now = self.clock()
        return self.table.update_many(
            [
                Update(
                    key=row.key.stored,
                    sets={
                        "status": status,
                        "updatedAt": now,
                        "version": row.version + 1,
                        "history": row.history_with(status, now),
                    },
                    where={"status": row.status, "version": row.version},
                )
                for row, status in marks
            ]
        )

    def children(self, parent: TaskKey, *, after: str | None, limit: int) -> Iterator[TaskKey]:
        """Keys of the tasks that `parent` started, by code, at most `limit`."""
        values = {":parent": encode(str(parent))}
        condition = "#parent = :parent"
        if after:
            condition += " AND code > :after"
            values[":after"] = encode(after)
        found = self.table.query(
            IndexName="children",
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#parent": "parent"},
            ExpressionAttributeValues=values,
        )
        for each in itertools.islice(found, limit):
            yield TaskKey.from_stored(each["pk"], each["sk"])

    def failed(self, tenant: str, *, limit: int) -> Iterator[TaskKey]:
        """Keys of a tenant's failed rows, the newest first."""
        found = self.table.query(
            IndexName="attention",
            KeyConditionExpression="attention = :tenant",
            ExpressionAttributeValues={":tenant": encode(f"FAILED#{tenant}")},
            ScanIndexForward=False,
        )
        for each in itertools.islice(found, limit):
            yield TaskKey.from_stored(each["pk"], each["sk"])

    def _fenced(
        self,
        row: TaskRow,
        status: Status,
        changes: Mapping[str, Any],
        removes: Sequence[str] = (),
    ) -> TaskRow:
        """A write of the attempt that holds the claim."""
        held = tuple(status for status in Status if status in RUNNING)
        try:
            return self._write(row.key, status, changes, held, {"fence": row.fence}, removes, [])
        except IllegalStatusChange as lost:
            if lost.details.get("status") == Status.CANCELLED:
                raise TaskCancelled(f"{row.key} was cancelled") from None
            raise ClaimLost(f"{row.key} passed to another worker or has ended") from None

    def _write(
        self,
        key: TaskKey,
        status: Status | None,
        changes: Mapping[str, Any],
        allowed: Sequence[Status],
        where: Mapping[str, Any],
        removes: Sequence[str],
        entry: list[Any],
        adds: Mapping[str, int] | None = None,
        unless: Mapping[str, Any] | None = None,
    ) -> TaskRow:
        """One conditional update; `entry` is appended to the history unless `changes` sets it."""
        request = UpdateRequest()
        now = self.clock()
        for name, value in {**changes, "updatedAt": now}.items():
            request.set(name, value)
        if status is not None:
            request.set("status", status)
        if entry:
            request.append("history", entry)
            request.require_room("history", HISTORY_LIMIT)
        for name in removes:
            request.remove(name)
        for name, amount in {"version": 1, **(adds or {})}.items():
            request.add(name, amount)
        request.require_status(allowed)
        for name, value in where.items():
            request.require(name, value)
        for name, value in (unless or {}).items():
            request.refuse(name, value)
        try:
            return TaskRow.from_values(request.send(self.table, key.stored))
        except ConditionFailed as refused:
            before = (refused.old or {}).get("history", [])
            if not entry or len(before) < HISTORY_LIMIT:
                raise _why_refused(key, status, refused) from None
            shorter = {**changes, "history": [*before[-(HISTORY_LIMIT - 2) :], *entry]}
            return self._write(key, status, shorter, allowed, where, removes, [], adds, unless)

    def _ending(self, key: TaskKey, status: Status) -> dict[str, Any]:
        """What a row gets besides its status when it ends."""
        if status not in FINAL:
            return {}
        now = self.clock()
        ending: dict[str, Any] = {"finishedAt": now}
        if (ttl := ttl_seconds(now, self.retention_days)) is not None:
            ending["ttl"] = ttl
        if status is Status.FAILED:
            ending["attention"] = f"FAILED#{key.tenant}"
        return ending

    def _why_unclaimed(
        self, key: TaskKey, refused: ConditionFailed, max_attempts: int
    ) -> Exception:
        if refused.old is None:
            return not_found(key)
        row = TaskRow.from_values(refused.old)
        now = self.clock()
        due = {Status.ERRORED: row.retry_at, Status.SCHEDULED: row.run_at}.get(row.status)
        if row.status in RUNNING:
            due = row.lease_until
        if due is not None and due > now:
            return ClaimLost(f"{key} is {row.status} until {due}", again_in_ms=due - now)
        if not row.ended and row.attempts >= max_attempts:
            return AttemptsSpent(
                f"attempt {row.attempts} of {max_attempts} was lost with its worker"
            )
        if row.status in _OPEN:  # the row moved on between the write and this look at it
            return ClaimLost(f"{key} is {row.status}", again_in_ms=1_000)
        return ClaimLost(f"{key} is {row.status}")


_OPEN = frozenset({*RUNNING, Status.CREATED, Status.QUEUED, Status.ERRORED, Status.SCHEDULED})
_CLAIM_SOURCES = {
    "created": Status.CREATED,
    "queued": Status.QUEUED,
    "scheduled": Status.SCHEDULED,
    "errored": Status.ERRORED,
    "processing": Status.PROCESSING,
}
# A task may be claimed when it waits for a worker, when its time has come, or when the lease of
# the worker that had it ran out; never beyond its attempts.
_CLAIMABLE = (
    "attempts < :limit AND ("
    "#status = :queued"
    " OR (#status IN (:created, :scheduled) AND (attribute_not_exists(runAt) OR runAt <= :now))"
    " OR (#status = :errored AND retryAt <= :now)"
    " OR (#status IN (:started, :processing) AND leaseUntil < :now))"
)


def not_found(key: TaskKey) -> TaskNotFound:
    return TaskNotFound(f"no task {key}", **key.as_dict())


def _with_attempt(row: TaskRow) -> TaskRow:
    """The claimed row, its newest history entry under the attempt that the claim began."""
    import dataclasses

    *before, (status, at, _) = row.history
    return dataclasses.replace(row, history=(*before, (status, at, row.attempts)))


def _why_refused(key: TaskKey, status: Status | None, refused: ConditionFailed) -> Exception:
    if refused.old is None:
        return not_found(key)
    standing = refused.old["status"]
    return IllegalStatusChange(
        f"{key} is {standing} and cannot become {status}", status=standing, **key.as_dict()
    )
