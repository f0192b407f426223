"""Options and arguments that several commands have in common."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from taskmill.cli.completing import complete_keys, complete_types
from taskmill.cli.moments import MOMENT, moment
from taskmill.model.keys import Kind
from taskmill.model.statuses import Status

Key = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY...",
        help="TYPE CODE, type#code, or pk sk in quotes; an index at the end names a subtask.",
        show_default=False,
        autocompletion=complete_keys,
    ),
]
Keys = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY...",
        help="TYPE CODE, type#code, or pk sk in quotes; may be repeated.",
        show_default=False,
        autocompletion=complete_keys,
    ),
]
TaskType = Annotated[
    str,
    typer.Argument(
        metavar="TYPE",
        help="Task type; it decides which task function runs.",
        show_default=False,
        autocompletion=complete_types,
    ),
]
Name = Annotated[str | None, typer.Option(help="A descriptive name of the task.")]
Code = Annotated[
    str | None, typer.Option(help="Code of the task, unique within its type; a new one by default.")
]
IdempotencyKey = Annotated[
    str | None, typer.Option(help="Submits with the same key within 24 hours return the same task.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Watch the task until it ends.")]
Timeout = Annotated[
    float | None,
    typer.Option(min=0, metavar="SECONDS", help="How long to watch; without a limit by default."),
]
Wide = Annotated[
    bool, typer.Option("--wide", help="All columns, and nothing cut to the width of the terminal.")
]
Limit = Annotated[int, typer.Option(min=1, help="Show at most so many.")]

TypeFilter = Annotated[
    str | None, typer.Option(help="Only tasks of this type.", autocompletion=complete_types)
]
KindFilter = Annotated[
    Kind | None,
    typer.Option(case_sensitive=False, help="Only tasks of this kind; both kinds by default."),
]
StatusFilter = Annotated[
    Status | None, typer.Option(case_sensitive=False, help="Only tasks with this status.")
]


def read_statuses(text: str | None) -> tuple[Status, ...]:
    """Parse a `StatusesFilter`: names of statuses, separated by commas, in any case.

    Raises:
        typer.BadParameter: One is no status.
    """
    if text is None:
        return ()
    names = [each.strip() for each in text.split(",")]
    for name in names:
        if name.upper() not in Status.__members__:
            known = ", ".join(Status)
            raise typer.BadParameter(f"{name!r} is no status; statuses are {known}")
    return tuple(dict.fromkeys(Status(name.upper()) for name in names))


StatusesFilter = Annotated[
    str | None,
    typer.Option(
        metavar="STATUS[,STATUS...]",
        help="Only tasks with this status, or with one of these.",
    ),
]
SinceFilter = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar=MOMENT, help="Only tasks created from then on."),
]
UntilFilter = Annotated[
    datetime | None,
    typer.Option(parser=moment, metavar=MOMENT, help="Only tasks created before then."),
]


class Notify(StrEnum):
    """Which notifications a task publishes."""

    EACH = "each"
    PROGRESS = "progress"
    NONE = "none"


class InputFormat(StrEnum):
    """Format of a file with inputs."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


class Order(StrEnum):
    """Order of a list by time."""

    DESC = "desc"
    ASC = "asc"


NotifyOption = Annotated[
    Notify | None, typer.Option("--notify", help="Which notifications to publish.")
]

Reveal = Annotated[
    bool,
    typer.Option("--reveal", help="Show secrets in the clear. It is logged with your name."),
]
