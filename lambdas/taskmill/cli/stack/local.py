"""`taskmill local`: the local cloud, an AWS emulator with the stacks of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.installing import install_hint

if TYPE_CHECKING:
    from taskmill_local import LocalCloud

app = typer.Typer(no_args_is_help=True, help="Start, stop and inspect the local cloud.")

StateDir = Annotated[
    Path | None, typer.Option(help="Folder for the state of the local cloud; .local by default.")
]


@app.command()
def up(
    ctx: typer.Context,
    *,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65_535,
            help="Port of all AWS services; by default that of the running one, else 4566.",
        ),
    ] = None,
    cdk_app: Annotated[
        str, typer.Option("--app", help="Command that synthesises the CDK app.")
    ] = "python app.py",
    watch: Annotated[
        bool, typer.Option("--watch", help="Deploy again whenever a file of this folder changes.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Let the CDK deploy, also if only code has changed.")
    ] = False,
    state_dir: StateDir = None,
) -> None:
    """Start the local cloud if it is not running, and deploy the CDK app of this folder to it.

    If only code of functions has changed since, it is given to them without the CDK, in a second.
    With several stacks of tasks in the app, the global option --stack says which one clients use.
    """
    call: Call = ctx.obj
    with _local_cloud(call, state_dir) as cloud:

        def deploy() -> None:
            outputs = cloud.up(app=cdk_app, port=port, stack=call.stack, full=full)
            if call.output.as_json:
                call.output.json(outputs)
            else:
                call.output.line(outputs.get("ApiUrl", outputs["EndpointUrl"]))
                call.output.note("logs: taskmill logs --follow")

        if watch:
            cloud.watch(deploy)
        else:
            deploy()


@app.command()
def down(ctx: typer.Context, *, state_dir: StateDir = None) -> None:
    """Stop the local cloud. Its data is lost."""
    call: Call = ctx.obj
    with _local_cloud(call, state_dir) as cloud:
        stopped = cloud.down()
    if call.output.as_json:
        call.output.json({"stopped": stopped})
    else:
        call.output.line("stopped" if stopped else "no local cloud runs here")


@app.command()
def status(ctx: typer.Context, *, state_dir: StateDir = None) -> None:
    """Show whether the local cloud runs, and its outputs; exit with 3 if it does not."""
    call: Call = ctx.obj
    with _local_cloud(call, state_dir) as cloud:
        found = cloud.status()
    if call.output.as_json:
        call.output.json(
            {
                "running": found.running,
                "pid": found.pid,
                "port": found.port,
                "outputs": dict(found.outputs),
            }
        )
    elif found.running:
        call.output.line(f"runs on port {found.port}, pid {found.pid}")
        for name, value in found.outputs.items():
            call.output.line(f"{name:<24}{value}")
    else:
        call.output.line("no local cloud runs here; start it with `taskmill local up`")
    if not found.running:
        raise typer.Exit(Exit.NOT_FOUND)


@contextmanager
def _local_cloud(call: Call, state_dir: Path | None) -> Iterator[LocalCloud]:
    """The local cloud of this folder; an error is printed and exits with 4 (2: not installed)."""
    try:
        from taskmill_local import LocalCloud, LocalCloudError
    except ImportError as missing:
        call.output.note(
            f"taskmill: the local cloud is not installed ({missing}): "
            f"{install_hint('local', 'cdk')}"
        )
        raise typer.Exit(Exit.USAGE) from None
    try:
        yield LocalCloud(Path.cwd(), state_dir=state_dir, report=call.output.notes)
    except LocalCloudError as error:
        call.output.notes(f"taskmill: {error}")
        raise typer.Exit(Exit.UNREACHABLE) from None
