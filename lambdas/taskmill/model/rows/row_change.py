"""Row changes as DynamoDB Streams reports them: tasks, batches and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.schedule_row import SCHEDULE_ROW, ScheduleRow
from taskmill.model.rows.task_row import TASK_ROWS, TaskRow

Row = TaskRow | BatchRow | ScheduleRow


@dataclass(frozen=True, slots=True)
class Change:
    """The images of a row before and after; `old` is None for an insert, `new` for a deletion."""

    old: Row | None
    new: Row | None


def row_from_values(values: Mapping[str, Any] | None) -> Row | None:
    """The row with these attributes; None for the kinds that the dispatcher ignores."""
    kind = values.get("row") if values else None
    if values is None or kind is None:
        return None
    if kind in TASK_ROWS:
        return TaskRow.from_values(values)
    if kind == SCHEDULE_ROW:
        return ScheduleRow.from_values(values)
    return BatchRow.from_values(values) if kind == BATCH_ROW else None
