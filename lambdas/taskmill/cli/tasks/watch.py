"""`taskmill watch`: follow a task until it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.keys import parse_key
from taskmill.cli.options import Key, Timeout
from taskmill.cli.output import STYLES
from taskmill.cli.tasks.show import counts, summary
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task

LOOK_EVERY_SECONDS = 1.5  # longest time between two reads; a person is waiting


def watch(ctx: typer.Context, key: Key, *, timeout: Timeout = None) -> None:
    """Follow a task until it ends. Ctrl-C stops watching; the task continues."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        follow(call, client, reference.find(client), timeout_seconds=timeout)


def follow(call: Call, client: TaskClient, task: Task, *, timeout_seconds: float | None) -> None:
    """Show the progress of a task, and then how it ended.

    Raises:
        typer.Exit: With 1 if it failed or was cancelled, 5 after the timeout, 130 after Ctrl-C.
    """
    from taskmill.cli.tasks.family import family_of
    from taskmill.cli.tasks.live import display
    from taskmill.model.wait_errors import WaitTimeout

    latest, resume = task, call.command("watch", task)
    try:
        with display(call.output, task) as show_update:
            for latest in client.updates(
                task, timeout_seconds=timeout_seconds, cap_seconds=LOOK_EVERY_SECONDS
            ):
                show_update(latest, family_of(client, latest))
    except KeyboardInterrupt:
        call.output.note(f"no longer watching; the task goes on. Watch it again: {resume}")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except WaitTimeout as error:
        call.output.note(f"taskmill: {error.message}; watch it again: {resume}")
        raise typer.Exit(Exit.TIMEOUT) from None
    _print_end(call, latest)


def _print_end(call: Call, task: Task) -> None:
    """Print how a task ended; after failures of subtasks, also the command that lists them."""
    if call.output.as_json:
        call.output.model(task)
    else:
        call.output.line(summary(task), STYLES.get(task.status))
        if counts(task).get("failed"):
            failures = f"{call.command('subtasks', task)} --status failed"
            call.output.note(f"see what failed: {failures}")
    if task.status is not Status.COMPLETED:
        raise typer.Exit(Exit.FAILED)
