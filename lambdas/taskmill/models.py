"""What callers send and get: frozen pydantic models, camelCase on the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from taskmill.clock import to_datetime
from taskmill.correlation import RESERVED
from taskmill.fanout.plan import MAX_BATCH_SIZE
from taskmill.keys import NAME_PATTERN, Kind, TaskKey
from taskmill.rows import TaskRow, plain_attributes
from taskmill.statuses import Status


def _as_tuple(value: object) -> object:
    """One name where several are possible; of JSON an array."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(value)
    raise ValueError("a task type, or a list of them")


def _free(log_ids: dict[str, str]) -> dict[str, str]:
    for name in sorted(RESERVED.intersection(log_ids)):
        raise ValueError(f"{name!r} has a meaning of its own on every log line")
    return log_ids


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=256)]
MAX_LOG_IDS = 10
MAX_CALLBACKS = 10  # of one event
Notify = Literal["each", "progress", "none"]
Priority = Literal["low", "normal", "high", "urgent"]
LogIds = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")],
        Annotated[str, StringConstraints(max_length=256)],
    ],
    Field(max_length=MAX_LOG_IDS),
    AfterValidator(_free),
]
Callbacks = Annotated[
    tuple[Name, ...],
    Field(max_length=MAX_CALLBACKS),
    BeforeValidator(
        _as_tuple,
        json_schema_input_type=Name | Annotated[list[Name], Field(max_length=MAX_CALLBACKS)],
    ),
]
MAX_DELAY_SECONDS = 31_536_000  # a year


class Model(BaseModel):
    """Frozen; snake_case in Python, camelCase on the wire; unknown fields are refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        defer_build=True,  # when first used: one request needs few of all models
    )


class View(BaseModel):
    """What we return: as `Model`, but open, so that a newer server does not break a client."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True
    )


def build_models(base: type[BaseModel] = BaseModel) -> None:
    """Build all models there are now, rather than each when it is first used."""
    for model in base.__subclasses__():
        if model.model_config.get("defer_build"):
            model.model_rebuild()
        build_models(model)


class InvokeContext(Model):
    """Who asks, as the row remembers it."""

    user: str | None = None
    source_ip: str | None = None
    request_id: str | None = None
    log_ids: LogIds | None = None


class TaskOptions(Model):
    """What every submit may say."""

    task_type: Name = Field(description="Which task function runs it.")
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="A name for people; the task type when absent."
    )
    code: Name | None = Field(
        default=None,
        description="Names the task within its type, a ULID when absent. Submitting the same task"
        " under the same code again gives the stored one, at no extra cost.",
    )
    idempotency_key: IdempotencyKey | None = Field(
        default=None, description="The same key within 24 hours gives the same task."
    )
    notify: Notify | None = Field(default=None, description="Which notifications are published.")
    priority: Priority | None = Field(
        default=None,
        description="high and urgent do not wait behind the others. That of the type when absent.",
    )
    on_success: Callbacks = Field(
        default=(), description="Task types to submit when it has completed."
    )
    on_failure: Callbacks = Field(
        default=(), description="Task types to submit when it has failed."
    )
    on_completion: Callbacks = Field(
        default=(), description="Task types to submit when it has ended, however it did."
    )
    log_ids: LogIds | None = Field(
        default=None,
        description="Names of yours, on every log line of the task, its children and callbacks.",
    )


class NewTask(TaskOptions):
    """A single task, without its tenant."""

    input: JsonValue = Field(default=None, description="Any JSON value.")
    delay_seconds: int = Field(
        default=0, ge=0, le=MAX_DELAY_SECONDS, description="Start so many seconds from now."
    )
    run_at: AwareDatetime | None = Field(
        default=None,
        description="Start then, at most a year from now; with a UTC offset. The past means now.",
    )


class NewStepFunctionTask(TaskOptions):
    """A fan-out, without its tenant: each element of the input becomes a subtask."""

    input: list[JsonValue] | None = Field(default=None, description="Up to 1,000,000 elements.")
    input_ref: Annotated[str, StringConstraints(max_length=512)] | None = Field(
        default=None, description="Instead of `input`: an upload, JSON Lines, one element a line."
    )
    tolerated_failures: int | str | None = Field(
        default=None, description="Failed subtasks that still count as success: 10 or '5%'."
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=MAX_BATCH_SIZE,
        description="Subtasks that one Lambda call works through, one after the other. By default"
        " as many as there are batches, at most 100: 10 of 100, 32 of 1,000, 100 of 10,000.",
    )
    max_concurrency: int | None = Field(
        default=None, ge=1, le=10_000, description="Batches worked on at once."
    )


class CreateTask(NewTask):
    """A single task to be stored."""

    tenant_code: Name


class CreateStepFunctionTask(NewStepFunctionTask):
    """A fan-out to be stored."""

    tenant_code: Name


class HistoryEntry(View):
    """One status the task had, since when, in which attempt."""

    status: Status
    at: datetime
    attempt: int


class Task(View):
    """A task, step function task or subtask as it stands."""

    pk: str
    sk: str
    kind: Literal["TASK", "SFN_TASK", "SUBTASK"]
    tenant_code: str
    type: str
    code: str
    index: int | None = None
    name: str | None = None
    status: Status
    input: JsonValue = None
    input_ref: str | None = None
    attributes: dict[str, JsonValue] = Field(default_factory=dict)
    attempts: int = 0
    max_attempts: int | None = None
    run: int = 1
    run_at: datetime | None = None
    retry_at: datetime | None = None
    lease_until: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_by: str | None = None
    created_ip: str | None = None
    request_id: str | None = None
    parent: str | None = None
    root: str | None = None
    depth: int | None = None
    child_count: int | None = None
    awaited_total: int | None = None
    awaited_done: int | None = None
    children_completed: int | None = None
    children_failed: int | None = None
    children_cancelled: int | None = None
    callbacks: tuple[tuple[str, str], ...] = ()
    schedule: str | None = None
    log_ids: dict[str, str] | None = None
    runner: str | None = None
    priority: str | None = None
    batch_size: int | None = None
    max_concurrency: int | None = None
    tolerated_failures: str | None = None
    notify: str | None = None
    history: tuple[HistoryEntry, ...] = ()
    version: int = 1
    ttl: int | None = None

    @property
    def key(self) -> TaskKey:
        return TaskKey.parse(self.pk, self.sk)

    @classmethod
    def from_row(cls, row: TaskRow) -> Self:
        key = row.key
        moments = {name: to_datetime(getattr(row, name)) for name in _MOMENTS}
        same = {name: getattr(row, name) for name in _SAME}
        return cls(
            pk=key.pk,
            sk=key.sk,
            kind=row.kind,
            tenant_code=key.tenant,
            type=key.type,
            code=key.code,
            index=key.index,
            input=json.loads(row.input) if row.input is not None else None,
            attributes=plain_attributes(row.attributes),
            history=tuple(
                HistoryEntry(status=Status(status), at=to_datetime(at) or at, attempt=attempt)
                for status, at, attempt in row.history
            ),
            **moments,
            **same,
        )


_MOMENTS = (
    "run_at",
    "retry_at",
    "lease_until",
    "created_at",
    "updated_at",
    "started_at",
    "finished_at",
)
_SAME = (
    "name",
    "status",
    "input_ref",
    "attempts",
    "max_attempts",
    "run",
    "created_by",
    "created_ip",
    "request_id",
    "parent",
    "root",
    "depth",
    "child_count",
    "awaited_total",
    "awaited_done",
    "children_completed",
    "children_failed",
    "children_cancelled",
    "callbacks",
    "schedule",
    "log_ids",
    "runner",
    "priority",
    "batch_size",
    "max_concurrency",
    "tolerated_failures",
    "notify",
    "version",
    "ttl",
)


class Progress(View):
    """How far a step function task is; `running` counts what has not ended."""

    pk: str
    sk: str
    status: Status
    total: int
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    running: int = 0
    percent: float = 0.0


class SubtaskStatus(View):
    """One line of the summary."""

    pk: str
    sk: str
    status: Status


class TaskStatusSummary(View):
    """`format_task_status`: counts and a line per subtask."""

    sub_task_count: int
    sub_task_succeed_count: int
    sub_task_failed_count: int
    sub_task_running_count: int
    sub_tasks: tuple[SubtaskStatus, ...]


class Result(View):
    """A task's result: the value itself, or where to download a large one for 15 minutes."""

    pk: str
    sk: str
    status: Status
    result: JsonValue = None
    result_url: str | None = None


class Upload(View):
    """Where to PUT a JSONL input; then submit with its `inputRef`."""

    input_ref: str
    url: str
    headers: dict[str, str]
    expires_in_seconds: int


class ListOptions(Model):
    """Which part of a tenant's tasks to list; `sk` narrows it as DynamoDB's key condition does."""

    sk: SkCondition | None = None
    type: Name | None = None
    status: Status | None = None
    start_from_sk: str | None = None
    limit: int = Field(default=50, ge=1, le=1_000)
    order: Literal["asc", "desc"] = "desc"


class SkCondition(Model):
    """`expression` such as "begins_with(#sk, :sk)", its values and names."""

    expression: str
    attribute_values: dict[str, str]
    attribute_names: dict[str, str] = Field(default_factory=dict)


class Page(View):
    """Tasks in key order; `last_sk` continues the list and is None at its end."""

    items: tuple[Task, ...]
    last_sk: str | None = None


class KeyModel(Model):
    """A public key."""

    pk: str
    sk: str

    @property
    def key(self) -> TaskKey:
        return TaskKey.parse(self.pk, self.sk)


KIND_OF_TYPE: Mapping[str, Kind] = {"TASK": Kind.TASK, "SFN_TASK": Kind.SFN_TASK}
