"""Parameters of paths and queries, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from taskmill.model.keys import MAPPING_PATTERN, NAME_PATTERN
from taskmill.model.statuses import Status

_NAME = NAME_PATTERN[1:-1]  # without its anchors

Tenant = Annotated[str, Path(pattern=NAME_PATTERN, description="Whose tasks.")]
Type = Annotated[str, Path(pattern=NAME_PATTERN, description="The task type.")]
Code = Annotated[str, Path(pattern=NAME_PATTERN, description="The task's code within its type.")]
ScheduleName = Annotated[str, Path(pattern=NAME_PATTERN, description="The schedule's name.")]
CallbackId = Annotated[
    str, Path(pattern=MAPPING_PATTERN, description="The task type, '~' and a name within it.")
]
Index = Annotated[
    str, Path(pattern="^(0|[1-9][0-9]{0,5})$", description="The subtask's index, from 0.")
]

TypeFilter = Annotated[
    str | None, Query(alias="type", pattern=NAME_PATTERN, description="Only this task type.")
]
MappedType = Annotated[
    str, Query(alias="type", pattern=NAME_PATTERN, description="Of this task type.")
]
StatusFilter = Annotated[
    Status | None,
    Query(alias="status", description="Only this status. A page may be short; the cursor goes on."),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="Items of a page, at most.")]
Order = Annotated[Literal["asc", "desc"], Query(description="By key: oldest or newest first.")]

TaskCursor = Annotated[
    str | None, Query(pattern=f"^{_NAME}#{_NAME}$", description="Of the page before.")
]
SubtaskCursor = Annotated[
    str | None, Query(pattern="^(0|[1-9][0-9]{0,6})$", description="Of the page before.")
]
ChildCursor = Annotated[str | None, Query(pattern=NAME_PATTERN, description="Of the page before.")]
ScheduleCursor = Annotated[
    str | None, Query(pattern=NAME_PATTERN, description="Of the page before.")
]
