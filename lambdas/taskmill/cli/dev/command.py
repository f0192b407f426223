"""`taskmill dev`: the task service in this process, with reload, for development."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.installing import install_hint
from taskmill.cli.stop_signals import exit_now
from taskmill.functions.sources.task_folder import checked_folder

PORT = 4700
CONCURRENCY = 10


def dev(
    ctx: typer.Context,
    *,
    folder: Annotated[
        str, typer.Option(help="Folder of the task modules, as TaskSource has it.")
    ] = "tasks",
    modules: Annotated[
        str | None,
        typer.Option(
            envvar="TASKMILL_MODULES",
            metavar="MODULES",
            help="Modules with task functions, separated by commas; by default all in the folder.",
        ),
    ] = None,
    factory: Annotated[
        str | None,
        typer.Option(
            envvar="TASKMILL_FACTORY",
            metavar="MODULE:CLASS",
            help="A TaskEventFactory of your own, as TaskSource has it.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port on this machine; 0: any free one.")
    ] = PORT,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1_000, help="How many tasks run side by side.")
    ] = CONCURRENCY,
    no_timeouts: Annotated[
        bool, typer.Option("--no-timeouts", help="Let task code run for as long as it likes.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin without the tasks of the last run.")
    ] = False,
) -> None:
    """Serve the API and run tasks in this process, until Ctrl-C; saved files are live at once.

    Needs no app.py, no AWS and no emulator. The command line and Python programs in this folder
    find it by themselves.
    """
    call: Call = ctx.obj
    try:
        from taskmill.dev.running import DevServer
    except ImportError as missing:
        call.output.note(f"taskmill: {missing.name} is not installed: {install_hint('dev')}")
        raise typer.Exit(Exit.USAGE) from None
    DevServer(
        project=Path.cwd(),
        folder=checked_folder(folder, option="--folder"),
        modules=[each.strip() for each in (modules or "").split(",") if each.strip()],
        factory=factory,
        port=port,
        concurrency=concurrency,
        no_timeouts=no_timeouts,
        fresh=fresh,
        began=_began(),
    ).run()
    exit_now(Exit.OK)  # task code may still run in other threads


def _began() -> float:
    """When this process began, by `time.time`; where that is unknown, now."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        up = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return time.time() - time.process_time()
    import os

    return time.time() - up + ticks / os.sysconf("SC_CLK_TCK")
