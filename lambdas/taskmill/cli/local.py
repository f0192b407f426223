"""`taskmill local`: a cloud of one's own on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit

if TYPE_CHECKING:
    from taskmill_local import LocalCloud

app = typer.Typer(no_args_is_help=True, help="Start, stop and look at the local cloud.")

StateDir = Annotated[
    Path | None, typer.Option(help="Where it keeps its state; .local in this folder by default.")
]


@app.command()
def up(
    ctx: typer.Context,
    *,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Of all its services.")] = 4566,
    cdk_app: Annotated[
        str, typer.Option("--app", help="The command that synthesises.")
    ] = "python app.py",
    state_dir: StateDir = None,
) -> None:
    """Start it if needed, and deploy the CDK app of this folder to it."""
    call: Call = ctx.obj
    with _local_cloud(call, state_dir) as cloud:
        outputs = cloud.up(app=cdk_app, port=port)
        if call.output.as_json:
            call.output.json(outputs)
        else:
            call.output.line(outputs.get("ApiUrl", outputs["EndpointUrl"]))


@app.command()
def down(ctx: typer.Context, *, state_dir: StateDir = None) -> None:
    """Stop it; all it holds is gone."""
    call: Call = ctx.obj
    with _local_cloud(call, state_dir) as cloud:
        stopped = cloud.down()
    if call.output.as_json:
        call.output.json({"stopped": stopped})
    else:
        call.output.line("stopped" if stopped else "no local cloud runs here")


@app.command()
def status(ctx: typer.Context, *, state_dir: StateDir = None) -> None:
    """Tell what runs, and where; exits with 3 when nothing does."""
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
    """The local cloud of this folder; its errors become a message and exit code 4."""
    try:
        from taskmill_local import LocalCloud, LocalCloudError
    except ImportError as missing:
        call.output.note(
            f"taskmill: the local cloud is not installed ({missing}): "
            "pip install 'taskmill[local,cdk]'"
        )
        raise typer.Exit(Exit.USAGE) from None
    try:
        yield LocalCloud(Path.cwd(), state_dir=state_dir, report=call.output.note)
    except LocalCloudError as error:
        call.output.note(f"taskmill: {error}")
        raise typer.Exit(Exit.UNREACHABLE) from None
