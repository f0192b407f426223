"""Whether a task has what its limits demand of it before an attempt may begin."""

from __future__ import annotations

from typing import Any

from taskmill.model.rows.history import entry_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status

LATE_MS = 1_000
"""A start by a rate limit is good for so long; who comes later takes units anew."""
SOON_MS = 5_000
"""A task keeps its slots for a start that is no further away; else it gives them back."""
HOLDING = frozenset({Status.QUEUED, *RUNNING})
"""Statuses in which a task keeps its slots; in any other it gives them back."""


def is_admitted(row: TaskRow, now: int) -> bool:
    """Whether an attempt may begin at this time (epoch ms), as far as limits are concerned."""
    if row.gates and row.slots is None:
        return False
    return not row.rates or (row.rate_at is not None and now - LATE_MS <= row.rate_at <= now)


def stands_in_line(row: TaskRow, now: int) -> bool:
    """Whether a task gave its slots back for a start that is still far away, at this time."""
    return row.status is Status.SCHEDULED and row.line_at is not None and row.line_at > now


def has_later_start(row: TaskRow, now: int) -> bool:
    """Whether only the start that its rate limits granted is still to come, at this time."""
    if row.status not in (Status.QUEUED, Status.SCHEDULED) or (row.run_at or 0) > now:
        return False
    return bool(row.rates) and (row.rate_at or 0) > now


GIVES_BACK = frozenset(Status) - HOLDING - {Status.CREATED}
"""Statuses in which a row has no slots for long; one that is CREATED may have been given some."""
PARKABLE = (Status.CREATED, Status.SCHEDULED, Status.QUEUED, Status.ERRORED, Status.WAITING)
"""Statuses from which a task may get slots, or be parked, unless it has some."""


def gives_back(row: TaskRow) -> bool:
    """Whether the row has slots that are to be released."""
    return row.slots is not None and row.status in GIVES_BACK


def wants_slots(row: TaskRow) -> bool:
    """Whether the task could go on if it had slots, as far as its status is concerned."""
    if not row.gates or row.slots is not None or row.status not in PARKABLE:
        return False
    return row.status is not Status.WAITING or row.is_awake


def moved(row: TaskRow, status: Status, now: int, **changes: Any) -> TaskRow:
    """The row after limits have moved the task to a status, at this time (epoch ms)."""
    history = tuple(entry_of(each) for each in row.history_with(status, now))
    return row.but(
        status=status,
        updated_at=now,
        version=row.version + 1,
        history=history,
        retry_at=None,
        **changes,
    )
