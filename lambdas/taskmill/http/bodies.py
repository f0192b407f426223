"""Models of the bodies of submits. Unknown fields and values of another JSON type are rejected."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    RootModel,
    StringConstraints,
    Tag,
    model_validator,
)

from taskmill.http.times import Moment
from taskmill.model.api.base import Model
from taskmill.model.api.requests import (
    CreateStepFunctionTask,
    CreateTask,
    NewStepFunctionTask,
    NewTask,
)

MAX_TASKS = 100  # in one request
_ONE, _MANY, _HERE, _UPLOADED = "one task", "many tasks", "elements here", "elements uploaded"
_COUNT, _SHARE = "a count", "a share"
TAGS = frozenset(
    {_ONE, _MANY, _HERE, _UPLOADED, _COUNT, _SHARE}
)  # pydantic adds them to the location of an error
_INTEGERS = frozenset({"batchSize", "delaySeconds", "maxConcurrency", "toleratedFailures"})
STRICT = ConfigDict(strict=True, populate_by_name=False)  # no type coercion; camelCase names only


class WholeNumbers(Model):
    """A body that accepts 60.0 as the integer 60: JSON has only one type of number."""

    @model_validator(mode="before")
    @classmethod
    def _as_integers(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        whole = {
            name: int(value[name])
            for name in _INTEGERS & value.keys()
            if isinstance(value[name], float) and value[name].is_integer()
        }
        return {**value, **whole}


class SubmitTask(WholeNumbers, NewTask):
    """A single task."""

    model_config = STRICT

    run_at: Moment = Field(default=None, description=NewTask.model_fields["run_at"].description)

    def of_tenant(self, tenant: str) -> CreateTask:
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return CreateTask(tenant_code=tenant, **given)


class SubmitTasks(Model):
    """Several single tasks, stored one by one: if one is rejected, others may already be stored."""

    model_config = STRICT

    tasks: list[SubmitTask] = Field(min_length=1, max_length=MAX_TASKS)


def _one_or_many(value: Any) -> str:
    return _MANY if isinstance(value, SubmitTasks) or "tasks" in value else _ONE


class TaskSubmission(
    RootModel[
        Annotated[
            Annotated[SubmitTask, Tag(_ONE)] | Annotated[SubmitTasks, Tag(_MANY)],
            Discriminator(_one_or_many),
        ]
    ]
):
    """One task, or up to 100."""


_Count = Annotated[int, Field(ge=0, le=9_999_999)]
_Share = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,7}|(100|[0-9]{1,2}(\.[0-9]+)?)%)$")]
_Tolerance = Annotated[
    Annotated[_Count, Tag(_COUNT)] | Annotated[_Share, Tag(_SHARE)],
    Discriminator(lambda value: _SHARE if isinstance(value, str) else _COUNT),
]


class _SubmitFanOut(WholeNumbers, NewStepFunctionTask):
    model_config = STRICT

    tolerated_failures: _Tolerance | None = Field(
        default=None,
        description="How many subtasks may fail without failing the whole task: a number, or a"
        " share such as '5%'. None by default.",
    )

    def of_tenant(self, tenant: str) -> CreateStepFunctionTask:
        return CreateStepFunctionTask(tenant_code=tenant, **dict(self))


class SubmitElements(_SubmitFanOut):
    """A step function task whose elements are in the body."""

    input: list[JsonValue] = Field(description="Each element becomes a subtask; up to 1,000,000.")
    input_ref: None = None


class SubmitUploaded(_SubmitFanOut):
    """A step function task whose elements were uploaded."""

    input: None = None
    input_ref: str = Field(
        max_length=512,
        description="`inputRef` of an upload in JSON Lines format; each line becomes a subtask. The"
        " subtasks read it while they run: it must stay as it is until the task has ended.",
    )


def _here_or_uploaded(value: Any) -> str:
    return _UPLOADED if isinstance(value, SubmitUploaded) or value.get("inputRef") else _HERE


class StepFunctionTaskSubmission(
    RootModel[
        Annotated[
            Annotated[SubmitElements, Tag(_HERE)] | Annotated[SubmitUploaded, Tag(_UPLOADED)],
            Discriminator(_here_or_uploaded),
        ]
    ]
):
    """A step function task, with its elements or with a reference to an upload."""
