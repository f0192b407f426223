"""Inserts of tasks that their worker has claimed already: one write stores and claims."""

from __future__ import annotations

from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


def insert_claimed(
    table: Table, row: TaskRow, *, fence: str, lease_until: int, max_attempts: int, now: int
) -> TaskRow | None:
    """Insert a new task as STARTED, in its first attempt.

    A tombstone is replaced: it says that another message was dropped, and this task needs none.

    Args:
        row: A new task's, CREATED.
        fence: A new token, unique to this claim.
        lease_until: When the lease expires, in epoch ms.
        max_attempts: Of the task's retry policy.

    Returns:
        The row as it is stored; None: a task with this key exists, and stays as it is.
    """
    claimed = row.but(
        status=Status.STARTED,
        fence=fence,
        lease_until=lease_until,
        max_attempts=max_attempts,
        attempts=1,
        started_at=now,
        updated_at=now,
        history=(*row.history, (Status.STARTED, now, 1)),
    )
    try:
        table.put_new(claimed.to_values(), over_tombstone=True)
    except ConditionFailed as refused:
        # If the answer of an earlier try was lost, its row is this one.
        return claimed if (refused.old or {}).get("fence") == fence else None
    return claimed
