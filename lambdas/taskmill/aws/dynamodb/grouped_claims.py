"""Claims and outcomes in shared requests, for processes that run many tasks at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.claims import ClaimStore
from taskmill.aws.dynamodb.shared_writes import SharedWrites
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import too_late

_SHARED = frozenset({Status.COMPLETED, Status.FAILED, Status.ERRORED})
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The arguments of one `ClaimStore.claim`."""

    key: TaskKey
    fence: str
    lease_until: int
    max_attempts: int


class GroupedClaims(ClaimStore):
    """A `ClaimStore` that claims up to 25 tasks in two requests, and batches outcomes.

    Whatever a shared request does not do is tried again by a single write of `ClaimStore`, which
    decides, and raises the reason. See docs/decisions/0022.
    """

    def __init__(
        self, table: Table, *, retention_days: int, logger: Any, clock: Clock = now_ms
    ) -> None:
        super().__init__(table, retention_days=retention_days, clock=clock)
        self._writes = SharedWrites(table, logger)

    def claim_many(self, wanted: Sequence[Wanted]) -> list[TaskRow | None]:
        """Claim up to 25 tasks for one attempt each, independently of each other.

        Returns:
            The rows as `claim` returns them. For None, call `claim` with the same fence: the claim
            may have succeeded although its response was lost.
        """
        found = self.table.get_many([each.key.stored for each in wanted])
        claims = [self._claim(*each) for each in zip(wanted, found, strict=True)]
        updates = [each for each in claims if each is not None]
        done = iter(self.table.update_each(updates) if updates else ())
        return [
            _changed(values, update) if values and update and next(done) else None
            for values, update in zip(found, claims, strict=True)
        ]

    def _claim(self, wanted: Wanted, values: _Values | None) -> Update | None:
        """The update that claims a row as it was read; None: use a single claim."""
        now = self.clock()
        row = TaskRow.shown(values) if values else None
        if not isinstance(row, TaskRow) or not _waits_for_a_worker(row, now, wanted.max_attempts):
            return None
        attempt = dataclasses.replace(row, attempts=row.attempts + 1)
        return Update(
            key=wanted.key.stored,
            sets={
                "status": Status.STARTED,
                "fence": wanted.fence,
                "leaseUntil": wanted.lease_until,
                "updatedAt": now,
                "startedAt": row.started_at or now,
                "maxAttempts": wanted.max_attempts,
                "attempts": attempt.attempts,
                "version": row.version + 1,
                "history": attempt.history_with(Status.STARTED, now),
            },
            removes=() if row.retry_at is None else ("retryAt",),
            where={"status": row.status, "version": row.version},
        )

    def _final_write(
        self,
        row: TaskRow,
        status: Status,
        sets: _Values,
        removes: Sequence[str] = (),
        adds: Mapping[str, int] | None = None,
    ) -> None:
        if status in _SHARED:
            now = self.clock()
            update = Update(
                key=row.key.stored,
                sets={
                    "status": status,
                    **sets,
                    "history": row.history_with(status, now),
                    "updatedAt": now,
                    "version": row.version + 1,
                },
                removes=removes,
                where={"status": row.status, "version": row.version, "fence": row.fence},
            )
            if self._writes.write(update):
                return
        super()._final_write(row, status, sets, removes, adds)


def _waits_for_a_worker(row: TaskRow, now: int, max_attempts: int) -> bool:
    """Whether the row is queued, new or to be retried, due, in time, and has attempts left."""
    due = {
        Status.QUEUED: now,
        Status.CREATED: row.run_at or now,
        Status.SCHEDULED: row.run_at or now,
        Status.ERRORED: row.retry_at or now,
    }.get(row.status)
    if due is None or due > now or too_late(row, now) is not None or row.is_limited:
        return False
    return row.attempts < max_attempts


def _changed(values: _Values, update: Update) -> TaskRow:
    """The row that results from applying an update to `values`."""
    changed = {**values, "attributes": dict(values.get("attributes", {}))}
    for path in update.removes:
        _place(changed, path).pop(path.rpartition(".")[2], None)
    for path, value in update.sets.items():
        _place(changed, path)[path.rpartition(".")[2]] = value
    return TaskRow.from_values(changed)


def _place(values: dict[str, Any], path: str) -> dict[str, Any]:
    """The map that contains the last name of a path of one or two names."""
    parent, dot, _ = path.rpartition(".")
    place: dict[str, Any] = values[parent] if dot else values
    return place
