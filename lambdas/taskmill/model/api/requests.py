"""What callers send: frozen pydantic models, camelCase on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from taskmill.model.api.base import (
    MAX_DELAY_SECONDS,
    Callbacks,
    IdempotencyKey,
    LogIds,
    Model,
    Name,
    Notify,
    Priority,
)
from taskmill.model.batch_plan import MAX_BATCH_SIZE
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status


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


class KeyModel(Model):
    """A public key."""

    pk: str
    sk: str

    @property
    def key(self) -> TaskKey:
        return TaskKey.parse(self.pk, self.sk)


KIND_OF_TYPE: Mapping[str, Kind] = {"TASK": Kind.TASK, "SFN_TASK": Kind.SFN_TASK}
