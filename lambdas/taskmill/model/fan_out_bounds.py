"""Expiry and deadline of a fan-out: which subtasks end without running, and what it comes to.

Both limits are in the parent's row and count from its creation, or from its retry. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from taskmill.model.batch_plan import tolerates
from taskmill.model.time_bounds import Expired, OutOfTime, beyond_deadline, counted_from

if TYPE_CHECKING:
    from taskmill.model.rows.task_row import TaskRow


def not_begun_in_time(parent: TaskRow, rows: Iterable[TaskRow], now: int) -> bool:
    """Whether a batch begins after the expiry of its fan-out, so that nothing of it may run.

    One that began in time goes on, also in another invocation. It has begun if a subtask has made
    an attempt in this run of the parent.

    Args:
        rows: Of the batch, as they are read now.
    """
    if parent.expires_at is None or now < parent.expires_at:
        return False
    since = counted_from(parent)
    return not any(row.attempts and (row.updated_at or 0) >= since for row in rows)


def subtask_too_late(parent: TaskRow, row: TaskRow, now: int) -> OutOfTime | None:
    """Why a subtask ends without (another) attempt; None: it may run."""
    return beyond_deadline(row.but(**_deadline_of(parent)), now)


def as_bounded_as(row: TaskRow, parent: TaskRow) -> TaskRow:
    """A subtask's row with the deadline of its parent, which subtask rows do not store."""
    return row if parent.deadline_at is None else row.but(**_deadline_of(parent))


def expired_subtasks(parent: TaskRow, counts: Mapping[str, int], now: int) -> Expired | None:
    """Why a fan-out is not COMPLETED although no more subtasks failed than are tolerated.

    Subtasks that expired count as the failed ones do.
    """
    if parent.expires_at is None or now < parent.expires_at or not counts["cancelled"]:
        return None
    missed = counts["failed"] + counts["cancelled"]
    if tolerates(parent.tolerated_failures, failed=missed, total=counts["total"]):
        return None
    return Expired(f"{counts['cancelled']:,} of {counts['total']:,} subtasks had not begun in time")


def _deadline_of(parent: TaskRow) -> dict[str, Any]:
    return {"deadline_at": parent.deadline_at, "timed_from": counted_from(parent)}
