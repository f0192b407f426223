"""Recurring schedules as callers give and get them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, JsonValue, StringConstraints

from taskmill.model.api.base import Callbacks, LogIds, Model, Name, Notify, Priority, View
from taskmill.model.clock import to_datetime
from taskmill.model.recurrence.timetable import EXPRESSION_LIMIT, next_fire
from taskmill.model.rows.schedule_row import ScheduleRow


class NewSchedule(Model):
    """A schedule, without its tenant and name."""

    task_type: Name = Field(description="Which task function runs its tasks.")
    expression: Annotated[str, StringConstraints(max_length=EXPRESSION_LIMIT)] = Field(
        description="As EventBridge Scheduler takes it: `cron(0 12 * * ? *)`, `rate(5 minutes)`."
    )
    timezone: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="UTC", description="Whose clocks a cron expression goes by: `Europe/Berlin`."
    )
    paused: bool = Field(default=False, description="It is kept, but does not fire.")
    input: JsonValue = Field(
        default=None, description="Of each of its tasks: any JSON value of up to 64 KB."
    )
    task_name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="A name of its tasks for people; the task type when absent."
    )
    notify: Notify | None = Field(default=None, description="Which notifications they publish.")
    priority: Priority | None = Field(
        default=None, description="high and urgent do not wait behind the others."
    )
    on_success: Callbacks = Field(
        default=(), description="Task types to submit when one has completed."
    )
    on_failure: Callbacks = Field(
        default=(), description="Task types to submit when one has failed."
    )
    on_completion: Callbacks = Field(
        default=(), description="Task types to submit when one has ended, however it did."
    )
    log_ids: LogIds | None = Field(
        default=None, description="Names of yours, on every log line of its tasks."
    )


class Schedule(View):
    """A schedule as it stands."""

    tenant_code: str
    name: str
    task_type: str
    expression: str
    timezone: str
    paused: bool
    next_fire_at: datetime | None = Field(
        default=None, description="When it fires next; absent when it is paused or over."
    )
    input: JsonValue = None
    task_name: str | None = None
    notify: str | None = None
    priority: str | None = None
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()
    on_completion: tuple[str, ...] = ()
    log_ids: dict[str, str] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    created_by: str | None = None
    created_ip: str | None = None
    request_id: str | None = None
    version: int = 1

    @classmethod
    def from_row(cls, row: ScheduleRow, *, now: int) -> Self:
        """The schedule of a row, its next fire seen from `now` (epoch ms)."""
        fires = row.state == "ENABLED"
        following = fire_after(row, now) if fires else None
        return cls(
            tenant_code=row.tenant,
            paused=not fires,
            next_fire_at=to_datetime(following),
            input=None if row.input is None else json.loads(row.input),
            created_at=to_datetime(row.created_at),
            updated_at=to_datetime(row.updated_at),
            **{f"on_{event}": _types(row, event) for event in ("success", "failure", "completion")},
            **{name: getattr(row, name) for name in _SAME},
        )


_SAME = (
    "name",
    "task_type",
    "expression",
    "timezone",
    "task_name",
    "notify",
    "priority",
    "log_ids",
    "created_by",
    "created_ip",
    "request_id",
    "version",
)


def fire_after(row: ScheduleRow, now: int) -> int | None:
    """When the row's timetable is due next, in epoch ms; None: never again."""
    return next_fire(row.expression, row.timezone, after=now, anchor=row.created_at or now)


def _types(row: ScheduleRow, wanted: str) -> tuple[str, ...]:
    return tuple(task_type for event, task_type in row.callbacks if event == wanted)
