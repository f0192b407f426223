"""`taskmill callbacks`: lists, adds and removes callback mappings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import Wide

app = typer.Typer(
    no_args_is_help=True,
    help="Manage callbacks: tasks that are submitted whenever a task of a type ends.",
)

COLUMNS = ("ID", "EVENT", "RUNS")


class Event(StrEnum):
    """How the first task ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    COMPLETION = "completion"


_WHEN = {"success": "has completed", "failure": "has failed", "completion": "has ended"}


@app.command("list")
def list_callbacks(
    ctx: typer.Context,
    *,
    task_type: Annotated[
        str, typer.Option("--type", help="Task type whose end triggers the callbacks.")
    ],
    wide: Wide = False,
) -> None:
    """List the callbacks of a task type."""
    call: Call = ctx.obj
    with call.client() as client:
        found = list(client.callbacks(task_type))
        if not found:
            call.output.note(f"no callbacks of type {task_type} of tenant {client.tenant}")
    if call.output.as_json:
        call.output.json_array(found)
    elif call.output.on_screen and not wide:  # the id repeats event and type, unless it was given
        rows = ((each.event, each.callback_type, each.id) for each in found)
        call.output.table(("EVENT", "RUNS", "ID"), rows, wide=True)
    else:
        rows = ((each.id, each.event, each.callback_type) for each in found)
        call.output.table(COLUMNS, rows, wide=wide)


@app.command()
def add(
    ctx: typer.Context,
    task_type: Annotated[
        str,
        typer.Argument(
            metavar="TYPE", help="Task type whose end triggers the callback.", show_default=False
        ),
    ],
    *,
    event: Annotated[
        Event,
        typer.Option(
            "--on", case_sensitive=False, help="How the task must end; completion: in any way."
        ),
    ],
    callback_type: Annotated[
        str, typer.Option("--run", metavar="TYPE", help="Task type to submit.")
    ],
    id: Annotated[  # noqa: A002  # the field's word
        str | None,
        typer.Option(help="TYPE~NAME; by default the type, --on and --run, joined by '~'."),
    ] = None,
) -> None:
    """Submit a task whenever a task of a type ends. Adding the same again changes nothing."""
    call: Call = ctx.obj
    with call.client() as client:
        mapping = client.register_callback(task_type, event.value, callback_type, id=id)
    if call.output.as_json:
        call.output.model(mapping)
        return
    call.output.line(mapping.id)
    call.output.note(f"runs {mapping.callback_type} when a {task_type} {_WHEN[mapping.event]}")
    if mapping.warning:
        call.output.note(f"warning: {mapping.warning}")


@app.command()
def remove(
    ctx: typer.Context,
    mapping: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="Id of the callback, as `list` shows it.", show_default=False
        ),
    ],
) -> None:
    """Remove a callback. Tasks that it has submitted continue."""
    call: Call = ctx.obj
    with call.client() as client:
        removed = client.delete_callback(mapping)
    if call.output.as_json:
        call.output.model(removed)
    else:
        call.output.line(f"REMOVED {removed.id}")
