"""The body of a status report: a worker outside taskmill reports the status of a task."""

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
# The status table decides which of these a task may enter. CREATED is set by retries only.
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
    """A status and attributes that a worker outside taskmill reports."""

    model_config = STRICT

    status: Reported
    attributes: Attributes | None = Field(
        default=None,
        description="`result` (any JSON value), `error` (text, or an object with `type` and"
        " `message`), `progress`, and others of your choice. Up to 16 KB without the result.",
    )
    notify_id: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = Field(
        default=None, description="Used as `id` of the notification about this change."
    )
