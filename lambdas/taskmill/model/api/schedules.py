"""Request and response models of recurring schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from taskmill.model.api.base import (
    Callbacks,
    Json,
    LogIds,
    Model,
    Name,
    Notify,
    Priority,
    Seconds,
    Unreadable,
    View,
)
from taskmill.model.api.views import Task
from taskmill.model.clock import to_datetime
from taskmill.model.errors import TaskmillError
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.limits import MAX_JITTER
from taskmill.model.recurrence.timetable import EXPRESSION_LIMIT, next_fire
from taskmill.model.recurrence.words import in_words
from taskmill.model.rows.readable import UnreadableRow, reason_of
from taskmill.model.rows.schedule_row import ScheduleRow

Overlap = Literal["allow", "skip", "one", "cancel"]


class NewSchedule(Model):
    """A schedule to store; the request path names its tenant and name."""

    task_type: Name = Field(description="The type of the tasks that it submits.")
    expression: Annotated[str, StringConstraints(max_length=EXPRESSION_LIMIT)] = Field(
        description="In the syntax of EventBridge Scheduler: `cron(0 12 * * ? *)` or"
        " `rate(5 minutes)`."
    )
    timezone: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="UTC", description="IANA time zone of a cron expression, such as `Europe/Berlin`."
    )
    paused: bool = Field(default=False, description="Keep the schedule, but do not fire.")
    input: Json = Field(
        default=None,
        description="Input of its tasks: any JSON value of up to 64 KB. Left out, it is the"
        " function's default; null is null.",
    )
    task_name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="A display name for its tasks; the task type by default."
    )
    notify: Notify | None = Field(default=None, description="Which notifications are published.")
    priority: Priority | None = Field(
        default=None, description="high and urgent tasks do not wait behind others."
    )
    expires_seconds: Seconds | None = Field(
        default=None,
        description="A task that has not begun so many seconds after its fire ends as CANCELLED.",
    )
    deadline_seconds: Seconds | None = Field(
        default=None,
        description="A task that has not ended so many seconds after its fire ends as FAILED.",
    )
    overlap: Overlap | None = Field(
        default=None,
        description="What becomes of a fire while the task of an earlier one has not ended:"
        " `allow` submits a task (the default), `skip` none, `one` lets one task wait for that"
        " end, `cancel` cancels the earlier one.",
    )
    jitter_seconds: Annotated[int, Field(ge=1, le=MAX_JITTER)] | None = Field(
        default=None,
        description="Tasks start later than the due time by up to so many seconds, spread by name"
        " and time, so that many schedules of one time do not start together.",
    )
    on_success: Callbacks = Field(
        default=(), description="Task types to submit when a task has completed."
    )
    on_failure: Callbacks = Field(
        default=(), description="Task types to submit when a task has failed."
    )
    on_completion: Callbacks = Field(
        default=(), description="Task types to submit when a task has ended in any status."
    )
    log_ids: LogIds | None = Field(
        default=None, description="Your own ids, added to every log line of its tasks."
    )

    @property
    def given_input(self) -> Any:
        """The input, or `LEFT_OUT`: a null is an input, too."""
        return self.input if "input" in self.model_fields_set else LEFT_OUT


class Schedule(View):
    """A stored schedule."""

    tenant_code: str
    name: str
    task_type: str
    expression: str
    timezone: str
    description: str | None = Field(
        default=None, description="The expression in words, with its time zone."
    )
    paused: bool
    next_fire_at: datetime | None = Field(
        default=None, description="When it fires next; absent if it is paused or has no more fires."
    )
    input: Json = None
    task_name: str | None = None
    notify: str | None = None
    priority: str | None = None
    expires_seconds: int | None = None
    deadline_seconds: int | None = None
    overlap: str | None = None
    jitter_seconds: int | None = None
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
    unreadable: Unreadable = None

    @classmethod
    def from_row(cls, row: ScheduleRow | UnreadableRow, *, now: int) -> Self:
        """The schedule of a row; `next_fire_at` is the first time after `now` (epoch ms).

        Of an unreadable row what can be shown, and the reason.
        """
        if isinstance(row, UnreadableRow):
            return cls._of_unreadable(row.values, row.reason)
        try:
            return cls._of_row(row, now)
        except (TaskmillError, TypeError, ValueError, LookupError, ArithmeticError) as error:
            return cls._of_unreadable(row.to_values(), reason_of(error))

    @classmethod
    def _of_unreadable(cls, values: Mapping[str, Any], reason: str) -> Self:
        texts = {
            name: str(values.get(stored, ""))
            for name, stored in {"name": "sk", "task_type": "taskType"}.items()
        } | {name: str(values.get(name, "")) for name in ("expression", "timezone")}
        tenant = str(values.get("pk", "")).partition("#")[2]
        return cls(tenant_code=tenant, paused=False, unreadable=reason, **texts)

    @classmethod
    def _of_row(cls, row: ScheduleRow, now: int) -> Self:
        fires = row.state == "ENABLED"
        following = fire_after(row, now) if fires else None
        return cls(
            tenant_code=row.tenant,
            paused=not fires,
            next_fire_at=to_datetime(following),
            description=in_words(row.expression, row.timezone),
            input=None if row.input is None else json.loads(row.input),
            created_at=to_datetime(row.created_at),
            updated_at=to_datetime(row.updated_at),
            **{f"on_{event}": _types(row, event) for event in ("success", "failure", "completion")},
            **{name: getattr(row, name) for name in _SAME},
        )


class ScheduleFire(View):
    """A past due time of a schedule, and the task that it submitted.

    Without a task: the schedule was paused, or other then, or the task has expired.
    """

    at: datetime
    task: Task | None = None


class Backfill(View):
    """What a backfill of a schedule has submitted, or would submit."""

    name: str = Field(description="Of the schedule.")
    count: int = Field(description="Due times in the span.")
    submitted: int = Field(
        description="Tasks submitted by this request; the others were there before."
    )
    first: datetime | None = Field(default=None, description="The first due time in the span.")
    last: datetime | None = Field(default=None, description="The last one.")


class ScheduleFires(View):
    """The last due times of a schedule, newest first, and the next ones."""

    fires: tuple[ScheduleFire, ...]
    next: tuple[datetime, ...] = Field(description="Up to 5; none while it is paused.")


_SAME = (
    "name",
    "task_type",
    "expression",
    "timezone",
    "task_name",
    "notify",
    "priority",
    "expires_seconds",
    "deadline_seconds",
    "overlap",
    "jitter_seconds",
    "log_ids",
    "created_by",
    "created_ip",
    "request_id",
    "version",
)


def fire_after(row: ScheduleRow, now: int) -> int | None:
    """When the schedule fires next after `now`, in epoch ms; None: never again."""
    return next_fire(row.expression, row.timezone, after=now, anchor=row.created_at or now)


def _types(row: ScheduleRow, wanted: str) -> tuple[str, ...]:
    return tuple(task_type for event, task_type in row.callbacks if event == wanted)
