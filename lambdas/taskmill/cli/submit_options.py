"""Options of the commands that submit, beyond those of `options.py`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer


class Priority(StrEnum):
    """Who waits for whom."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


def read_moment(text: str) -> datetime:
    """A moment with its UTC offset; without one nobody knows when it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date and time, such as {_EXAMPLE}") from None
    if moment.utcoffset() is None:
        raise typer.BadParameter(f"{text!r} has no UTC offset, as {_EXAMPLE} has")
    return moment


def read_log_ids(pairs: Sequence[str] | None) -> dict[str, str] | None:
    """The names and values of NAME=VALUE."""
    if not pairs:
        return None
    for pair in pairs:
        if not pair.partition("=")[0] or "=" not in pair:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="--log-id")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


_EXAMPLE = "2026-01-05T06:00:00+01:00"

At = Annotated[
    datetime | None,
    typer.Option(parser=read_moment, metavar="MOMENT", help=f"Start then: {_EXAMPLE}."),
]
PriorityOption = Annotated[
    Priority | None,
    typer.Option("--priority", case_sensitive=False, help="high and urgent need not wait."),
]
OnSuccess = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE", help="Submit such a task when it has completed; repeatable."),
]
OnFailure = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE", help="Submit such a task when it has failed; repeatable."),
]
OnCompletion = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE", help="Submit such a task when it has ended; repeatable."),
]
LogId = Annotated[
    list[str] | None,
    typer.Option("--log-id", metavar="NAME=VALUE", help="On its log lines; repeatable."),
]
