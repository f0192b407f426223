"""Options of commands that submit tasks, beyond those of `options.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer


class Priority(StrEnum):
    """Priority of a task; high and urgent tasks do not wait behind other tasks."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


def read_moment(text: str) -> datetime:
    """Parse a date and time with a UTC offset.

    Raises:
        typer.BadParameter: It is malformed, or the offset is missing.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date and time, such as {_EXAMPLE}") from None
    if moment.utcoffset() is None:
        raise typer.BadParameter(f"{text!r} has no UTC offset, as {_EXAMPLE} has")
    return moment


def read_log_ids(pairs: Sequence[str] | None) -> dict[str, str] | None:
    """Parse NAME=VALUE pairs; None without pairs.

    Raises:
        typer.BadParameter: A pair is malformed.
    """
    if not pairs:
        return None
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--log-id")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


_EXAMPLE = "2026-01-05T06:00:00+01:00"

At = Annotated[
    datetime | None,
    typer.Option(parser=read_moment, metavar="MOMENT", help=f"Start time, as {_EXAMPLE}."),
]
PriorityOption = Annotated[
    Priority | None,
    typer.Option(
        "--priority", case_sensitive=False, help="high and urgent do not wait behind other tasks."
    ),
]
Expires = Annotated[
    int | None,
    typer.Option(
        "--expires",
        min=1,
        metavar="SECONDS",
        help="Cancel the task if it has not begun so many seconds after it was due.",
    ),
]
Deadline = Annotated[
    int | None,
    typer.Option(
        "--deadline",
        min=1,
        metavar="SECONDS",
        help="Fail the task if it has not ended so many seconds after it was due.",
    ),
]
OnSuccess = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE", help="Task type to submit when the task completes; repeatable."),
]
OnFailure = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE", help="Task type to submit when the task fails; repeatable."),
]
OnCompletion = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TYPE", help="Task type to submit when the task ends in any way; repeatable."
    ),
]
LogId = Annotated[
    list[str] | None,
    typer.Option(
        "--log-id", metavar="NAME=VALUE", help="Added to all log lines of the task; repeatable."
    ),
]
