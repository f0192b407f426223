"""Expiry and deadline of a task: when they are, and how a task ends that is past one of them.

The expiry is when a task must have begun, the deadline when it must have ended. Both are stored as
times (epoch ms) and count from when the task is due: its creation, its explicit retry, or `run_at`.
Pure functions, without AWS and without a clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from taskmill.model.errors import TaskmillError
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.model.rows.task_row import TaskRow

# A parent that waits for children is ended by a message that is sent for its deadline. Workers'
# clocks differ: one that finds it early looks again, if the deadline is as near as this.
EARLY_MS = 900_000


class OutOfTime(TaskmillError):
    """A task is past its expiry or its deadline.

    Attributes:
        ends_as: The final status of such a task.
        row: The task's row as it was found; None: unknown.
    """

    ends_as: ClassVar[Status] = Status.FAILED

    def __init__(self, message: str, *, row: TaskRow | None = None) -> None:
        super().__init__(message)
        self.row = row


class Expired(OutOfTime):
    """The task had not begun within `expires_seconds` since it was due."""

    code = "expired"
    ends_as = Status.CANCELLED


class DeadlineExceeded(OutOfTime):
    """The task had not ended within `deadline_seconds` since it was due."""

    code = "deadline_exceeded"


class Bounded(Protocol):
    """What says within how many seconds a task must have begun and ended; None: no limit."""

    @property
    def expires_seconds(self) -> int | None: ...

    @property
    def deadline_seconds(self) -> int | None: ...


def bounds(*sources: Bounded, since: int) -> dict[str, int | None]:
    """The fields of a row for a task that is due at `since` (epoch ms).

    Args:
        sources: The first one that gives a number decides: a submit goes before its type.
    """
    expires = next((each.expires_seconds for each in sources if each.expires_seconds), None)
    deadline = next((each.deadline_seconds for each in sources if each.deadline_seconds), None)
    return {
        "expires_at": None if expires is None else since + expires * 1000,
        "deadline_at": None if deadline is None else since + deadline * 1000,
    }


def bounded_by(row: TaskRow, parent: TaskRow) -> TaskRow:
    """A child's row, with a deadline that is not after its parent's."""
    if parent.deadline_at is None:
        return row
    return row.but(deadline_at=min(row.deadline_at or parent.deadline_at, parent.deadline_at))


def counted_from(row: TaskRow) -> int:
    """When expiry and deadline of a task began to count, in epoch ms."""
    return row.timed_from or max(row.created_at or 0, row.run_at or 0)


def seconds_of(row: TaskRow) -> tuple[int | None, int | None]:
    """The `expires_seconds` and `deadline_seconds` that a row was made with."""
    since = counted_from(row)
    expires, deadline = (
        None if at is None else (at - since) // 1000 for at in (row.expires_at, row.deadline_at)
    )
    return expires, deadline


def renewed(row: TaskRow, now: int) -> dict[str, int]:
    """What to set, by the table's names, when a task starts again; empty without such limits."""
    if row.expires_at is None and row.deadline_at is None:
        return {}
    since = max(now, row.run_at or 0)
    later = since - counted_from(row)
    found = {"expiresAt": row.expires_at, "deadlineAt": row.deadline_at}
    moved = {name: at + later for name, at in found.items() if at is not None}
    return {**moved, "timedFrom": since}


def too_late(row: TaskRow, now: int) -> OutOfTime | None:
    """Why a task may not be claimed any more, if no worker has it; None: it has time left."""
    if row.ended:
        return None
    if not row.has_begun and row.expires_at is not None and row.expires_at <= now:
        return Expired(f"it had not begun within {_since_due(row, row.expires_at)} s", row=row)
    return beyond_deadline(row, now)


def beyond_deadline(row: TaskRow, at: int) -> DeadlineExceeded | None:
    """Why a task cannot go on at this time (epoch ms): its deadline has passed by then."""
    if row.deadline_at is None or at < row.deadline_at:
        return None
    return DeadlineExceeded(
        f"it had not ended within {_since_due(row, row.deadline_at)} s", row=row
    )


def near_deadline(row: TaskRow, now: int) -> int | None:
    """The deadline of a task that waits for children, if its message may have come for that.

    Of one that is PARKED also its expiry. None: it is further away than clocks can differ, or there
    is none.
    """
    if row.status is Status.PARKED:
        until = parked_until(row)
        return until if until is not None and until - now <= EARLY_MS else None
    suspended = (row.awaited_done or 0) < (row.awaited_total or 0)
    waits = row.status is Status.FINISHED or (row.status is Status.WAITING and suspended)
    near = row.deadline_at is not None and row.deadline_at - now <= EARLY_MS
    return row.deadline_at if waits and near else None


def parked_until(row: TaskRow) -> int | None:
    """How long a task may wait as PARKED, in epoch ms; None: for ever."""
    expires = None if row.has_begun else row.expires_at
    return min((at for at in (expires, row.deadline_at) if at is not None), default=None)


def seconds_left(row: TaskRow, now: int) -> float:
    """How long an attempt may take that begins now; endless without a deadline."""
    return float("inf") if row.deadline_at is None else (row.deadline_at - now) / 1000


def _since_due(row: TaskRow, at: int) -> str:
    """Seconds from when the task was due, for a message."""
    return f"{(at - counted_from(row)) / 1000:,.10g}"
