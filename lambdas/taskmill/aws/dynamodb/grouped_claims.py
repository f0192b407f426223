"""Claims and outcomes of a process that works on many tasks at a time: they share calls."""

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

_SHARED = frozenset({Status.COMPLETED, Status.FAILED, Status.ERRORED})
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A claim to be made, with the arguments of `ClaimStore.claim`."""

    key: TaskKey
    fence: str
    lease_until: int
    max_attempts: int


class GroupedClaims(ClaimStore):
    """A `ClaimStore` that takes several tasks in two calls, and shares the calls of outcomes.

    Whatever is not done in a shared call is to be tried alone, as a `ClaimStore` does it: that
    has the last word, and says why not. See docs/decisions/0022.
    """

    def __init__(
        self, table: Table, *, retention_days: int, logger: Any, clock: Clock = now_ms
    ) -> None:
        super().__init__(table, retention_days=retention_days, clock=clock)
        self._writes = SharedWrites(table, logger)

    def claim_many(self, wanted: Sequence[Wanted]) -> list[TaskRow | None]:
        """Take up to 25 tasks, each for one attempt and each on its own.

        Returns:
            The rows as `claim` returns them. None: to be claimed alone, with the same fence, as
            this claim may have been made although its answer was lost.
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
        """The claim of a row as it was read; None when only a single claim can tell."""
        now = self.clock()
        row = TaskRow.from_values(values) if values else None
        if row is None or not _waits_for_a_worker(row, now, wanted.max_attempts):
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

    def _let_go(
        self,
        row: TaskRow,
        status: Status,
        sets: _Values,
        removes: Sequence[str] = (),
        adds: Mapping[str, int] | None = None,
    ) -> None:
        if status in _SHARED:
            update = Update(
                key=row.key.stored,
                sets={
                    "status": status,
                    **sets,
                    "updatedAt": self.clock(),
                    "version": row.version + 1,
                },
                removes=removes,
                where={"status": row.status, "version": row.version, "fence": row.fence},
            )
            if self._writes.write(update):
                return
        super()._let_go(row, status, sets, removes, adds)


def _waits_for_a_worker(row: TaskRow, now: int, max_attempts: int) -> bool:
    """Whether `claim` would take the row, if it takes it for one of the simple reasons."""
    due = {
        Status.QUEUED: now,
        Status.CREATED: row.run_at or now,
        Status.SCHEDULED: row.run_at or now,
        Status.ERRORED: row.retry_at or now,
    }.get(row.status)
    return due is not None and due <= now and row.attempts < max_attempts


def _changed(values: _Values, update: Update) -> TaskRow:
    """A row as it is after an update of the one that was read."""
    changed = {**values, "attributes": dict(values.get("attributes", {}))}
    for path in update.removes:
        _place(changed, path).pop(path.rpartition(".")[2], None)
    for path, value in update.sets.items():
        _place(changed, path)[path.rpartition(".")[2]] = value
    return TaskRow.from_values(changed)


def _place(values: dict[str, Any], path: str) -> dict[str, Any]:
    """The map that a path of at most two steps ends in."""
    parent, dot, _ = path.rpartition(".")
    place: dict[str, Any] = values[parent] if dot else values
    return place
