"""Options of `taskmill submit` for tasks with a key: one at a time, or only the last one."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import typer

from taskmill.model.flow_control.uniqueness import OnConflict, Until

UniqueKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="One task of its type and this key at a time."),
]
OnConflictOption = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(get_args(OnConflict)),
        help="While another task has the key: show that one (the default), refuse, replace it"
        " unless it has begun, or wait for its end with the input of the last submit.",
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option(metavar="|".join(get_args(Until)), help="How long a task has the key."),
]
DebounceSeconds = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="SECONDS",
        help="Start so long after the last submit with the same --debounce-key, once, with the"
        " last input.",
    ),
]
DebounceKey = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="What is counted apart; by default all tasks of the type."),
]
DebounceMax = Annotated[
    int | None,
    typer.Option(min=1, metavar="SECONDS", help="Start so long after the first submit at most."),
]
ALL = "all"  # the key of a debounce without one


def unique_of(key: str | None, on_conflict: str | None, until: str | None) -> dict[str, Any] | None:
    """What is asked for, as `Unique` has it.

    Raises:
        BadParameter: An option stands there without the key.
    """
    given = {"on_conflict": on_conflict, "until": until}
    asked = {name: value for name, value in given.items() if value is not None}
    if key is None and asked:
        raise typer.BadParameter(f"--{next(iter(asked)).replace('_', '-')} needs --unique-key")
    return None if key is None else {"key": key, **asked}


def debounce_of(seconds: int | None, key: str | None, most: int | None) -> dict[str, Any] | None:
    """What is asked for, as `Debounce` has it. Raises as `unique_of` does."""
    if seconds is None:
        for name, value in {"--debounce-key": key, "--debounce-max": most}.items():
            if value is not None:
                raise typer.BadParameter(f"{name} needs --debounce SECONDS")
        return None
    return {"key": key or ALL, "seconds": seconds, "max_seconds": most}
