"""Options and arguments that more than one command takes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from taskmill.model.keys import Kind
from taskmill.model.statuses import Status

Key = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY...",
        help="TYPE CODE, type#code, or pk sk in quotes; an index at the end names a subtask.",
        show_default=False,
    ),
]
Keys = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY...",
        help="TYPE CODE, type#code, or pk sk in quotes; several one after the other.",
        show_default=False,
    ),
]
TaskType = Annotated[
    str,
    typer.Argument(metavar="TYPE", help="Which task function runs it.", show_default=False),
]
Name = Annotated[str | None, typer.Option(help="A name for people.")]
Code = Annotated[
    str | None, typer.Option(help="Names the task within its type; a new ULID by default.")
]
IdempotencyKey = Annotated[
    str | None, typer.Option(help="The same key within 24 hours gives the same task.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Watch it until it ends.")]
Timeout = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="How long to watch; for ever by default."),
]
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]

TypeFilter = Annotated[str | None, typer.Option(help="Only of this type.")]
KindFilter = Annotated[
    Kind | None, typer.Option(case_sensitive=False, help="Only of this kind; both by default.")
]
StatusFilter = Annotated[Status | None, typer.Option(case_sensitive=False, help="Only these.")]


class Notify(StrEnum):
    """Which notifications a task publishes."""

    EACH = "each"
    PROGRESS = "progress"
    NONE = "none"


class InputFormat(StrEnum):
    """What a file of inputs holds."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Order(StrEnum):
    """By code, which grows with time."""

    DESC = "desc"
    ASC = "asc"


NotifyOption = Annotated[
    Notify | None, typer.Option("--notify", help="Which notifications it publishes.")
]
