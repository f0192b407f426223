"""The bodies of submits: what is not in them is refused, and no type is guessed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    RootModel,
    StringConstraints,
    Tag,
    model_validator,
)

from taskmill.model.api.base import Model
from taskmill.model.api.requests import (
    CreateStepFunctionTask,
    CreateTask,
    NewStepFunctionTask,
    NewTask,
)

MAX_TASKS = 100  # of one submit
_ONE, _MANY, _HERE, _UPLOADED = "one task", "many tasks", "elements here", "elements uploaded"
_COUNT, _SHARE = "a count", "a share"
TAGS = frozenset({_ONE, _MANY, _HERE, _UPLOADED, _COUNT, _SHARE})  # pydantic puts them into places
_INTEGERS = frozenset({"batchSize", "delaySeconds", "maxConcurrency", "toleratedFailures"})
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
STRICT = ConfigDict(strict=True, populate_by_name=False)  # JSON has types, and one name a field


class WholeNumbers(Model):
    """JSON has one kind of number: 60.0 is an integer too."""

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


def _moment(value: Any) -> Any:
    """The moment that text stands for; other text and other values are refused."""
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("a date and time with a UTC offset, such as 2026-01-05T06:00:00+01:00")
    return datetime.fromisoformat(value.upper())


class SubmitTask(WholeNumbers, NewTask):
    """A single task."""

    model_config = STRICT

    run_at: Annotated[AwareDatetime | None, BeforeValidator(_moment)] = Field(
        default=None, description=NewTask.model_fields["run_at"].description
    )

    def of_tenant(self, tenant: str) -> CreateTask:
        return CreateTask(tenant_code=tenant, **dict(self))


class SubmitTasks(Model):
    """Single tasks, each stored on its own: when one is refused, earlier ones may be stored."""

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
        default=None, description="Failed subtasks that still count as success: 10 or '5%'."
    )

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
    """A fan-out, by its elements or by an upload."""
