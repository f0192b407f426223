"""The commands `taskmill console` and `taskmill open`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.console.opening import open_console, open_demo
from taskmill.cli.keys import parse_key
from taskmill.cli.options import Key

if TYPE_CHECKING:
    from taskmill.model.keys import TaskKey

Print = Annotated[
    bool, typer.Option("--print", help="Print the address, and do not open a browser.")
]
Port = Annotated[
    int, typer.Option(min=0, max=65_535, help="Port on this machine; by default any free one.")
]
ReadOnly = Annotated[
    bool, typer.Option("--read-only", help="Forward nothing that changes anything.")
]


def console(
    ctx: typer.Context,
    *,
    read_only: ReadOnly = False,
    only_print: Print = False,
    port: Port = 0,
    demo: Annotated[
        bool, typer.Option("--demo", help="Show made-up tasks of a shop, and call nothing.")
    ] = False,
) -> None:
    """Open the web console: see what runs and what fails, and put it right, until Ctrl-C.

    It needs nothing deployed but the stack. The page is served on this machine only, and its
    requests go to the API with your own credentials.
    """
    if demo:
        open_demo(ctx.obj, read_only=read_only, only_print=only_print, port=port)
        return
    open_console(ctx.obj, read_only=read_only, only_print=only_print, port=port)


def open_task(
    ctx: typer.Context,
    key: Key,
    *,
    read_only: ReadOnly = False,
    only_print: Print = False,
    port: Port = 0,
) -> None:
    """Open the page of a task in the web console, until Ctrl-C."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        task = reference.find(client)
    open_console(
        call, view=view_of(task.key), read_only=read_only, only_print=only_print, port=port
    )


def view_of(key: TaskKey) -> str:
    """The page of a task; its address is that of the API's."""
    from taskmill.client.paths import path_of

    return path_of(key).removeprefix("/v1/tenants")
