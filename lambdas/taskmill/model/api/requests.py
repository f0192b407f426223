"""Request models: frozen pydantic models, camelCase in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from taskmill.model.api.base import (
    Callbacks,
    IdempotencyKey,
    Json,
    LogIds,
    Model,
    Name,
    Notify,
    Priority,
    Seconds,
)
from taskmill.model.batch_plan import MAX_BATCH_SIZE
from taskmill.model.errors import InvalidOption, InvalidRequest
from taskmill.model.flow_control.limit_ids import MAX_KEY
from taskmill.model.flow_control.uniqueness import MOST_SECONDS, Debounce, Unique
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.limits import MAX_CONCURRENCY, MAX_DELAY_SECONDS, MAX_PAGE
from taskmill.model.statuses import Status


class InvokeContext(Model):
    """The caller of a request, as stored in the task's row."""

    user: str | None = None
    source_ip: str | None = None
    request_id: str | None = None
    log_ids: LogIds | None = None


class TaskOptions(Model):
    """Options that single tasks and step function tasks share."""

    task_type: Name = Field(description="The task type; it names the function that runs the task.")
    name: Annotated[str, StringConstraints(min_length=1, max_length=256)] | None = Field(
        default=None, description="A display name; the task type by default."
    )
    code: Name | None = Field(
        default=None,
        description="Identifies the task within its type; a ULID by default. Submitting the same"
        " task again under the same code returns the stored one, at no extra cost.",
    )
    idempotency_key: IdempotencyKey | None = Field(
        default=None, description="The same key within 24 hours returns the same task."
    )
    notify: Notify | None = Field(default=None, description="Which notifications are published.")
    priority: Priority | None = Field(
        default=None,
        description="high and urgent tasks do not wait behind others. By default that of the type.",
    )
    expires_seconds: Seconds | None = Field(
        default=None,
        description="If it has not begun so many seconds after it was due, it ends as CANCELLED."
        " By default that of the type.",
    )
    deadline_seconds: Seconds | None = Field(
        default=None,
        description="If it has not ended so many seconds after it was due, it ends as FAILED."
        " By default that of the type.",
    )
    on_success: Callbacks = Field(
        default=(), description="Task types to submit when the task has completed."
    )
    on_failure: Callbacks = Field(
        default=(), description="Task types to submit when the task has failed."
    )
    on_completion: Callbacks = Field(
        default=(), description="Task types to submit when the task has ended in any status."
    )
    log_ids: LogIds | None = Field(
        default=None,
        description="Your own ids, on every log line of the task, its children and callbacks.",
    )


HeldKey = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY)]


class UniqueOption(Model):
    """One task of a key at a time; see `Unique`."""

    key: HeldKey = Field(description="What there is one of, within the tenant and the task type.")
    on_conflict: Literal["existing", "reject", "replace", "coalesce"] = Field(
        default="existing",
        description="While a task holds the key: `existing` returns that task, `reject` is a 409,"
        " `replace` cancels it unless it has begun (then a 409), `coalesce` lets one task wait for"
        " its end, whose input further submits replace.",
    )
    until: Literal["end", "start"] = Field(
        default="end", description="How long a task holds its key."
    )

    @property
    def asked(self) -> Unique:
        """As task code has it, and checked as there."""
        return Unique(self.key, self.on_conflict, self.until)


class DebounceOption(Model):
    """Run once, with the last input, when a key has been quiet for a while; see `Debounce`."""

    key: HeldKey = Field(description="What is counted apart, within the tenant and the task type.")
    seconds: int = Field(
        ge=1, le=MOST_SECONDS, description="How long after the last submit the task starts."
    )
    max_seconds: int | None = Field(
        default=None,
        ge=1,
        le=MOST_SECONDS,
        description="How long after the first submit it starts at the latest.",
    )

    @property
    def asked(self) -> Debounce:
        """As task code has it, and checked as there."""
        try:
            return Debounce(self.key, self.seconds, self.max_seconds)
        except InvalidOption as refused:
            told = refused.message.replace("max_seconds", "maxSeconds")
            raise InvalidRequest(told, field="debounce.maxSeconds") from None


class NewTask(TaskOptions):
    """A single task to submit; the request path names its tenant."""

    input: Json = Field(
        default=None,
        description="Any JSON value. Left out, it is the function's default; null is null.",
    )
    delay_seconds: int = Field(
        default=0, ge=0, le=MAX_DELAY_SECONDS, description="Start this many seconds from now."
    )
    run_at: AwareDatetime | None = Field(
        default=None,
        description="When to start: with a UTC offset, at most a year ahead; the past means now.",
    )

    unique: UniqueOption | None = Field(
        default=None, description="One task of a key at a time, and what becomes of further ones."
    )
    debounce: DebounceOption | None = Field(
        default=None,
        description="Start only when no other task of the key was submitted for a while, once, with"
        " the last input.",
    )

    @property
    def given_input(self) -> Any:
        """The input, or `LEFT_OUT`: a null is an input, too."""
        return self.input if "input" in self.model_fields_set else LEFT_OUT


class NewStepFunctionTask(TaskOptions):
    """A fan-out to submit: each element of the input becomes a subtask."""

    input: list[Json] | None = Field(default=None, description="Up to 1,000,000 elements.")
    input_ref: Annotated[str, StringConstraints(max_length=512)] | None = Field(
        default=None,
        description="Instead of `input`: an uploaded JSON Lines file, one element a line.",
    )
    tolerated_failures: int | str | None = Field(
        default=None, description="How many subtasks may fail: a count (10) or a share ('5%')."
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        le=MAX_BATCH_SIZE,
        description="Subtasks that one Lambda invocation runs, one after the other. By default the"
        " square root of the number of subtasks, at most 100 (200 for 1,000,000): 10 of 100,"
        " 32 of 1,000, 100 of 10,000.",
    )
    max_concurrency: int | None = Field(
        default=None, ge=1, le=MAX_CONCURRENCY, description="Batches that run at the same time."
    )


class CreateTask(NewTask):
    """A single task to submit, with its tenant."""

    tenant_code: Name


class CreateStepFunctionTask(NewStepFunctionTask):
    """A fan-out to submit, with its tenant."""

    tenant_code: Name


class ListOptions(Model):
    """Filter and page of a list of tasks.

    Attributes:
        sk: A key condition of DynamoDB on the sort key.
        status: Only tasks with this status, or with one of `statuses`.
        created_after: Only tasks created then or later. With a type, and with codes that sort by
            time, no other rows are read, but those of tasks with codes of your own.
        created_before: Only tasks created earlier.
        code_prefix: Only tasks whose codes begin so; needs a type.
        fields: "summary" leaves out input, result, history and the stack of the error.
        start_from_sk: List what comes after this `sk`, the `last_sk` of the previous page.
        limit: Tasks per page, at most 1,000.
    """

    sk: SkCondition | None = None
    type: Name | None = None
    status: Status | None = None
    statuses: tuple[Status, ...] = ()
    created_after: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    code_prefix: Name | None = None
    fields: Literal["summary"] | None = None
    start_from_sk: str | None = None
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)
    order: Literal["asc", "desc"] = "desc"


class SkCondition(Model):
    """A DynamoDB condition such as "begins_with(#sk, :sk)", with its values and names."""

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
