"""Inserts of tasks, also of those that were sent to their queue before.

A row that says QUEUED or SCHEDULED has a message already. It is inserted only where there is
nothing: a tombstone says that its message may be gone (see `tombstones.py`). Then it is stored
as CREATED instead, so that the stream sends it again.
"""

from __future__ import annotations

from collections.abc import Sequence

from taskmill.aws.dynamodb.refusals import ConditionFailed, RowsRefused
from taskmill.aws.dynamodb.table import Table
from taskmill.model.errors import TaskExists
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


def unsent(row: TaskRow) -> TaskRow:
    """The row of a new task as it is without a message: CREATED."""
    return row.but(status=Status.CREATED, history=row.history[:1])


def insert_task(table: Table, row: TaskRow) -> TaskRow:
    """Insert a task.

    Returns:
        The row as it is stored: the given one, or that of a task whose message was dropped.

    Raises:
        TaskExists: A task with this key exists.
    """
    if row.status is not Status.CREATED:
        try:
            table.put_new(row.to_values())
        except ConditionFailed as refused:
            if refused.old is not None:
                raise TaskExists(f"{row.key.label} exists already") from None
            row = unsent(row)  # there is a tombstone
        else:
            return row
    try:
        table.put_new(row.to_values(), over_tombstone=True)
    except ConditionFailed:
        raise TaskExists(f"{row.key.label} exists already") from None
    return row


def insert_tasks(
    table: Table, rows: Sequence[TaskRow], *, look: bool = True
) -> list[TaskRow | None]:
    """Insert tasks independently, 25 per request; None for each that exists already.

    Args:
        look: Whether to look for tombstones where a row was refused. False: the caller looks at
            these rows anyway, and inserts those that are missing one by one.

    Returns:
        The rows as they are stored, in the order of `rows`.

    Raises:
        RowsRefused: Some rows cannot be stored; all others are.
    """
    try:
        done, problem = table.insert_many([row.to_values() for row in rows]), None
    except RowsRefused as refused:
        done, problem = refused.done, refused
    stored = [row if inserted else None for row, inserted in zip(rows, done, strict=True)]
    reasons = problem.reasons if problem else {}
    again = [place for place, row in enumerate(stored) if row is None and place not in reasons]
    again = again if look else []
    found = table.get_many([rows[place].key.stored for place in again]) if again else []
    for place, values in zip(again, found, strict=True):
        if values is None:  # a tombstone, or it has been deleted since
            stored[place] = _inserted(table, unsent(rows[place]))
    if problem:
        raise RowsRefused([row is not None for row in stored], reasons)
    return stored


def _inserted(table: Table, row: TaskRow) -> TaskRow | None:
    try:
        return insert_task(table, row)
    except TaskExists:
        return None
