"""A changed row as the stream tells of it, of whatever kind it is."""

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
    """One row change as the stream tells it; `old` is None for an insert, `new` for a removal."""

    old: Row | None
    new: Row | None


def row_from_values(values: Mapping[str, Any] | None) -> Row | None:
    """The row that these attributes are; None for kinds that cause no reactions."""
    kind = values.get("row") if values else None
    if values is None or kind is None:
        return None
    if kind in TASK_ROWS:
        return TaskRow.from_values(values)
    if kind == SCHEDULE_ROW:
        return ScheduleRow.from_values(values)
    return BatchRow.from_values(values) if kind == BATCH_ROW else None
