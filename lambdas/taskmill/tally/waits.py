"""How long a task has waited and run, as its row says."""

from __future__ import annotations

from typing import NamedTuple

from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status

_BEFORE = frozenset(
    {Status.CREATED, Status.SCHEDULED, Status.PARKED, Status.QUEUED, Status.ERRORED}
)


class Spans(NamedTuple):
    """Milliseconds that the last run of an ended task has waited and run; None: it never began.

    It ran from its first start to its end, waits for children and retries included.
    """

    wait: int | None = None
    run: int | None = None


def waits_since(row: TaskRow) -> int | None:
    """Since when a task could run and does not, in epoch ms; None: it does not wait to run.

    A time in the future: it is to wait until then.
    """
    if row.status not in _BEFORE:
        return None
    since = row.created_at or 0
    for status, at, *_ in reversed(row.history):
        if status not in _BEFORE:
            break
        since = at
    return max(since, row.run_at or 0, row.retry_at or 0)


def spans(row: TaskRow) -> Spans:
    """How long a task has waited and run that has ended."""
    began, start = row.created_at, None
    for status, at, *_ in row.history:
        if status == Status.CREATED:
            began, start = at, None
        elif start is None and status in RUNNING:
            start = at
    if start is None and row.run == 1:
        start = row.started_at
    if start is None or began is None:
        return Spans()
    due = max(began, row.run_at or 0)
    end = row.finished_at or row.updated_at or start
    return Spans(max(start - due, 0), max(end - start, 0))
