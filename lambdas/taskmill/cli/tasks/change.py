"""`taskmill cancel` and `taskmill retry`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import exit_of
from taskmill.cli.keys import parse_keys
from taskmill.cli.options import Keys
from taskmill.model.errors import TaskmillError

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task


def cancel(ctx: typer.Context, key: Keys) -> None:
    """Cancel tasks that have not ended. For a step function task, its execution is stopped."""
    call: Call = ctx.obj

    def report(task: Task) -> None:
        call.output.line(f"{task.status} {task.type}#{task.code}")

    _change(call, key, lambda client, task: client.cancel(task), report)


def retry(ctx: typer.Context, key: Keys) -> None:
    """Run failed or cancelled tasks again; of a step function task, only incomplete subtasks."""
    call: Call = ctx.obj

    def report(task: Task) -> None:
        call.output.line(f"{task.type}#{task.code}")
        call.output.note(f"{task.status} again; follow it: {call.command('watch', task)}")

    _change(call, key, lambda client, task: client.retry(task), report)


def _change(
    call: Call,
    words: Sequence[str],
    change: Callable[[TaskClient, Task], Task],
    report: Callable[[Task], None],
) -> None:
    """Change each of the given tasks; after an error, continue with the next task.

    Args:
        words: Keys of the tasks.
        change: Changes one task.
        report: Prints a changed task.

    Raises:
        typer.Exit: Some tasks could not be changed; with the code of the first error.
    """
    references = parse_keys(words)
    changed: list[Task] = []
    errors: list[TaskmillError] = []
    with call.client(references[0].tenant) as client:
        for reference in references:
            try:
                changed.append(change(client, reference.find(client)))
            except TaskmillError as error:
                errors.append(error)
                call.output.note(f"taskmill: {error.message}")
            else:
                if not call.output.as_json:
                    report(changed[-1])
    if call.output.as_json and len(references) > 1:
        call.output.json_array(changed)
    elif call.output.as_json and changed:
        call.output.model(changed[0])
    if errors:
        raise typer.Exit(exit_of(errors[0]))
