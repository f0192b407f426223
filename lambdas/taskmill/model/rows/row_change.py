"""Row changes as DynamoDB Streams reports them: tasks, batches, schedules and limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.limit_row import LIMIT_ROW, LimitRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.schedule_row import SCHEDULE_ROW, ScheduleRow
from taskmill.model.rows.task_row import TASK_ROWS, TaskRow
from taskmill.model.statuses import is_known

Row = TaskRow | BatchRow | ScheduleRow | LimitRow


@dataclass(frozen=True, slots=True)
class Change:
    """The images of a row before and after; `old` is None for an insert, `new` for a deletion."""

    old: Row | None
    new: Row | None


def readable_row(values: Mapping[str, Any] | None) -> Row | None:
    """As `row_from_values`, but None also for an unreadable row."""
    try:
        return row_from_values(values)
    except UnreadableRow:
        return None


def row_from_values(values: Mapping[str, Any] | None) -> Row | None:
    """The row with these attributes; None for the kinds that the dispatcher ignores.

    Raises:
        UnreadableRow: It is of a known kind, but its attributes are not, or a newer version wrote
            its status: then only that version knows what follows from it.
    """
    kind = values.get("row") if values else None
    if values is None or kind is None:
        return None
    if kind in TASK_ROWS:
        row = TaskRow.from_values(values)
        if not is_known(row.status):
            raise UnreadableRow(values, f"status {row.status!s} is not known to this version")
        return row
    if kind == SCHEDULE_ROW:
        return ScheduleRow.from_values(values)
    if kind == LIMIT_ROW:
        return LimitRow.from_values(values)
    return BatchRow.from_values(values) if kind == BATCH_ROW else None
