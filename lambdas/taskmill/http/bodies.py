"""The bodies that requests may have: what is not in them is refused, and no type is guessed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    RootModel,
    StringConstraints,
    Tag,
)

from taskmill.attributes import NAME_PATTERN
from taskmill.models import (
    CreateStepFunctionTask,
    CreateTask,
    Model,
    NewStepFunctionTask,
    NewTask,
)

MAX_TASKS = 100  # of one submit
TAGS = frozenset({"one", "many", "elements", "uploaded"})
AttributeName = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Attributes = Annotated[
    dict[AttributeName, JsonValue], Field(json_schema_extra={"additionalProperties": False})
]
# Which of these a task may take now, the status table says. CREATED is what a retry writes.
Reported = Literal[
    "SCHEDULED",
    "QUEUED",
    "STARTED",
    "PROCESSING",
    "WAITING",
    "FINISHED",
    "ERRORED",
    "COMPLETED",
    "FAILED",
    "CANCELLED",
]
_STRICT = ConfigDict(strict=True, populate_by_name=False)  # JSON has types, and one name a field


class SubmitTask(NewTask):
    """A single task."""

    model_config = _STRICT

    def of_tenant(self, tenant: str) -> CreateTask:
        return CreateTask(tenant_code=tenant, **dict(self))


class SubmitTasks(Model):
    """Single tasks, each stored on its own: when one is refused, earlier ones may be stored."""

    model_config = _STRICT

    tasks: list[SubmitTask] = Field(min_length=1, max_length=MAX_TASKS)


def _one_or_many(value: Any) -> str:
    return "many" if isinstance(value, SubmitTasks) or "tasks" in value else "one"


class TaskSubmission(
    RootModel[
        Annotated[
            Annotated[SubmitTask, Tag("one")] | Annotated[SubmitTasks, Tag("many")],
            Discriminator(_one_or_many),
        ]
    ]
):
    """One task, or up to 100."""


class _SubmitFanOut(NewStepFunctionTask):
    model_config = _STRICT

    tolerated_failures: (
        Annotated[int, Field(ge=0, le=9_999_999)]
        | Annotated[str, StringConstraints(pattern=r"^([0-9]{1,7}|(100|[0-9]{1,2}(\.[0-9]+)?)%)$")]
        | None
    ) = Field(default=None, description="Failed subtasks that still count as success: 10 or '5%'.")

    def of_tenant(self, tenant: str) -> CreateStepFunctionTask:
        return CreateStepFunctionTask(tenant_code=tenant, **dict(self))


class SubmitElements(_SubmitFanOut):
    """A fan-out whose elements are in the body."""

    input: list[JsonValue] = Field(description="A subtask each; up to 1,000,000.")
    input_ref: None = None


class SubmitUploaded(_SubmitFanOut):
    """A fan-out whose elements were uploaded."""

    input: None = None
    input_ref: str = Field(max_length=512, description="Of an upload: JSON Lines, a subtask each.")


def _elements_or_uploaded(value: Any) -> str:
    if isinstance(value, SubmitUploaded):
        return "uploaded"
    return "uploaded" if isinstance(value, dict) and value.get("inputRef") else "elements"


class StepFunctionTaskSubmission(
    RootModel[
        Annotated[
            Annotated[SubmitElements, Tag("elements")] | Annotated[SubmitUploaded, Tag("uploaded")],
            Discriminator(_elements_or_uploaded),
        ]
    ]
):
    """A fan-out, by its elements or by an upload."""


class StatusChange(Model):
    """What a worker outside reports."""

    model_config = _STRICT

    status: Reported
    attributes: Attributes | None = Field(
        default=None,
        description="`result` (any JSON), `error` (text, or an object with type and message),"
        " `progress`, and others; up to 16 KB without the result.",
    )
    notify_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = Field(
        default=None, description="The `id` of the notification that the change causes."
    )
