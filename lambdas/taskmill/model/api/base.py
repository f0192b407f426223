"""What all models of callers share: their base classes, and the types of their fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic.alias_generators import to_camel

from taskmill.model.correlation import RESERVED
from taskmill.model.keys import NAME_PATTERN


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
