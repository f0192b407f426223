"""The body by which a worker outside reports how its task stands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from taskmill.http.bodies import STRICT
from taskmill.model.api.base import Model
from taskmill.model.attributes import NAME_PATTERN

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


class StatusChange(Model):
    """What a worker outside reports."""

    model_config = STRICT

    status: Reported
    attributes: Attributes | None = Field(
        default=None,
        description="`result` (any JSON), `error` (text, or an object with type and message),"
        " `progress`, and others; up to 16 KB without the result.",
    )
    notify_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = Field(
        default=None, description="The `id` of the notification that the change causes."
    )
