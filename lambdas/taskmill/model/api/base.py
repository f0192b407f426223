"""Base classes and field types of the pydantic models for requests and responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from taskmill.model.built_in import is_reserved, reserved_message
from taskmill.model.correlation import RESERVED
from taskmill.model.keys import NAME_PATTERN
from taskmill.model.limits import MAX_CALLBACKS, MAX_DELAY_SECONDS, MAX_LOG_IDS

if TYPE_CHECKING:
    # To type checkers JSON is `Any`: `attributes["error"]["message"]` needs no assertions, and a
    # `dict[str, list[str]]` is JSON, too.
    Json: TypeAlias = Any
else:
    Json = JsonValue


def _as_tuple(value: object) -> object:
    """A single name, or a list of names (JSON has no tuples), as a tuple."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple):
        return tuple(value)
    raise ValueError("must be a task type or a list of task types")


def _check_reserved(log_ids: dict[str, str]) -> dict[str, str]:
    for name in sorted(RESERVED.intersection(log_ids)):
        raise ValueError(f"{name!r} has a meaning of its own on every log line")
    return log_ids


def _check_free(types: tuple[str, ...]) -> tuple[str, ...]:
    for each in types:
        if is_reserved(each):
            raise ValueError(reserved_message(each))
    return types


Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Notify = Literal["each", "progress", "none"]
Priority = Literal["low", "normal", "high", "urgent"]
Seconds = Annotated[int, Field(ge=1, le=MAX_DELAY_SECONDS)]
LogIds = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")],
        Annotated[str, StringConstraints(max_length=256)],
    ],
    Field(max_length=MAX_LOG_IDS),
    AfterValidator(_check_reserved),
]
Callbacks = Annotated[
    tuple[Name, ...],
    Field(max_length=MAX_CALLBACKS),
    BeforeValidator(
        _as_tuple,
        json_schema_input_type=Name | Annotated[list[Name], Field(max_length=MAX_CALLBACKS)],
    ),
    AfterValidator(_check_free),
]
Unreadable = Annotated[str | None, Field(exclude_if=lambda reason: reason is None)]
"""Why the stored row cannot be read; answers of readable rows do not have the field."""


class Model(BaseModel):
    """Base of request models: frozen, camelCase in JSON, unknown fields are rejected."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="forbid",
        defer_build=True,  # build on first use: a single request needs only a few models
    )


class View(BaseModel):
    """Base of response models: like `Model`, but unknown fields are ignored.

    So an older client can read the responses of a newer server.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True
    )


def build_models(base: type[BaseModel] = BaseModel) -> None:
    """Build all models that are imported so far, rather than each one on its first use."""
    for model in base.__subclasses__():
        if model.model_config.get("defer_build"):
            model.model_rebuild()
        build_models(model)
