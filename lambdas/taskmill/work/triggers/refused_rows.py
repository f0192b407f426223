"""Rows of tasks that are refused where nobody is there to be told: they are stored as FAILED."""

from __future__ import annotations

from taskmill.model.clock import ttl_seconds
from taskmill.model.error_details import failed_with
from taskmill.model.keys import attention_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


def refused_row(row: TaskRow, refused: Exception, *, now: int, days: int) -> TaskRow:
    """The row of a new task, FAILED for this reason.

    Args:
        now: Epoch milliseconds.
        days: How long rows are kept after their task has ended.
    """
    return row.but(
        status=Status.FAILED,
        **failed_with(refused),
        finished_at=now,
        ttl=ttl_seconds(now, days),
        attention=attention_of(row.key),
        history=(*row.history, (Status.FAILED, now, 0)),
    )
