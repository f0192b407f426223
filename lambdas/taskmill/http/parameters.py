"""Path and query parameters: types, patterns, and descriptions for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from taskmill.http.times import Moment
from taskmill.model.cursors import CURSOR_PATTERN
from taskmill.model.keys import MAPPING_PATTERN, NAME_PATTERN
from taskmill.model.limits import MAX_DEPTH
from taskmill.model.statuses import Status

_NAME = NAME_PATTERN[1:-1]  # without its anchors

Tenant = Annotated[str, Path(pattern=NAME_PATTERN, description="The tenant.")]
Type = Annotated[str, Path(pattern=NAME_PATTERN, description="The task type.")]
Code = Annotated[str, Path(pattern=NAME_PATTERN, description="The task's code within its type.")]
ScheduleName = Annotated[str, Path(pattern=NAME_PATTERN, description="The schedule's name.")]
CallbackId = Annotated[
    str, Path(pattern=MAPPING_PATTERN, description="The task type, '~' and a name of the mapping.")
]
Index = Annotated[
    str, Path(pattern="^(0|[1-9][0-9]{0,5})$", description="The subtask's index, from 0.")
]

TypeFilter = Annotated[
    str | None,
    Query(alias="type", pattern=NAME_PATTERN, description="Return only tasks of this type."),
]
MappedType = Annotated[str, Query(alias="type", pattern=NAME_PATTERN, description="The task type.")]
_STATUS = f"({'|'.join(Status)})"
StatusesFilter = Annotated[
    str | None,
    Query(
        alias="status",
        pattern=f"^{_STATUS}(,{_STATUS})*$",
        description="Return only tasks with one of these statuses, separated by commas. A page can"
        " be short or empty; use its cursor to continue.",
    ),
]
CreatedAfter = Annotated[
    Moment,
    Query(
        alias="createdAfter",
        description="Return only tasks created then or later. With a type, and codes that sort by"
        " time, this takes no more read units than the tasks that are returned.",
    ),
]
CreatedBefore = Annotated[
    Moment,
    Query(alias="createdBefore", description="Return only tasks created before that time."),
]
CodePrefix = Annotated[
    str | None,
    Query(
        alias="codePrefix",
        pattern=NAME_PATTERN,
        description="Return only tasks whose code begins so; needs a type.",
    ),
]
Fields = Annotated[
    Literal["summary"] | None,
    Query(description="`summary` leaves out input, result, history and the stack of the error."),
]
Depth = Annotated[int, Query(ge=1, le=MAX_DEPTH, description="Levels below the task.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most items per page.")]
Order = Annotated[
    Literal["asc", "desc"],
    Query(description="Order of the keys; with ULIDs as codes, `desc` is newest first."),
]

TaskCursor = Annotated[
    str | None, Query(pattern=f"^{_NAME}#{_NAME}$", description="Cursor of the previous page.")
]
BulkCursor = Annotated[
    str | None,
    Query(pattern=rf"^taskmill\.bulk#{_NAME}$", description="Cursor of the previous page."),
]
SubtaskCursor = Annotated[
    str | None, Query(pattern="^(0|[1-9][0-9]{0,6})$", description="Cursor of the previous page.")
]
ChildCursor = Annotated[
    str | None, Query(pattern=NAME_PATTERN, description="Cursor of the previous page.")
]
ScheduleCursor = Annotated[
    str | None, Query(pattern=NAME_PATTERN, description="Cursor of the previous page.")
]
OpaqueCursor = Annotated[
    str | None, Query(pattern=CURSOR_PATTERN, description="Cursor of the previous page.")
]
Fingerprint = Annotated[
    str | None,
    Query(pattern="^[0-9a-f]{12}$", description="Return only failures with this fingerprint."),
]


def statuses_of(text: str | None) -> tuple[Status, ...]:
    """The statuses of a `StatusesFilter`, each once."""
    return tuple(map(Status, dict.fromkeys(text.split(",")))) if text else ()
