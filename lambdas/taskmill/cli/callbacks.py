"""`taskmill callbacks`: tasks that are submitted whenever others end."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from taskmill.cli.call import Call

app = typer.Typer(no_args_is_help=True, help="Submit a task whenever one of another type ends.")

COLUMNS = ("ID", "EVENT", "RUNS")


class Event(StrEnum):
    """How the other task ended."""

    SUCCESS = "success"
    FAILURE = "failure"
    COMPLETION = "completion"


_WHEN = {"success": "has completed", "failure": "has failed", "completion": "has ended"}


@app.command("list")
def list_callbacks(
    ctx: typer.Context,
    *,
    task_type: Annotated[str, typer.Option("--type", help="Whose ends they follow.")],
) -> None:
    """List what is submitted whenever tasks of a type end."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.callbacks(task_type)
        if call.output.as_json:
            call.output.json_array(found)
        else:
            rows = ((each.id, each.event, each.callback_type) for each in found)
            call.output.table(COLUMNS, rows)


@app.command()
def add(
    ctx: typer.Context,
    task_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="Whose ends it follows.", show_default=False)
    ],
    *,
    event: Annotated[
        Event,
        typer.Option("--on", case_sensitive=False, help="completion: however the task ended."),
    ],
    callback_type: Annotated[
        str, typer.Option("--run", metavar="TYPE", help="Which task type to submit then.")
    ],
    id: Annotated[  # noqa: A002  # the field's word
        str | None, typer.Option(help="TYPE~NAME; one made of the other words by default.")
    ] = None,
) -> None:
    """Submit a task whenever one of a type ends; adding the same again changes nothing."""
    call: Call = ctx.obj
    with call.client() as client:
        mapping = client.register_callback(task_type, event.value, callback_type, id=id)
    if call.output.as_json:
        call.output.model(mapping)
        return
    call.output.line(mapping.id)
    call.output.note(f"runs {mapping.callback_type} when a {task_type} {_WHEN[mapping.event]}")


@app.command()
def remove(
    ctx: typer.Context,
    mapping: Annotated[
        str, typer.Argument(metavar="ID", help="As `list` shows it.", show_default=False)
    ],
) -> None:
    """Let such tasks end without this callback; those that it has submitted go on."""
    call: Call = ctx.obj
    with call.client() as client:
        removed = client.delete_callback(mapping)
    if call.output.as_json:
        call.output.model(removed)
    else:
        call.output.line(f"REMOVED {removed.id}")
