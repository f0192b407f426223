"""`taskmill cancel` and `taskmill retry`."""

from __future__ import annotations

import typer

from taskmill.cli import keys
from taskmill.cli.call import Call
from taskmill.cli.options import Key


def cancel(ctx: typer.Context, key: Key) -> None:
    """Cancel a task that has not ended; of a step function task the execution stops."""
    call: Call = ctx.obj
    reference = keys.parse(key)
    with call.client(reference.tenant) as client:
        task = client.cancel(reference.find(client))
    if call.output.as_json:
        call.output.model(task)
    else:
        call.output.line(f"{task.status} {task.type}#{task.code}")


def retry(ctx: typer.Context, key: Key) -> None:
    """Run a failed or cancelled task again; of a step function task what did not complete."""
    call: Call = ctx.obj
    reference = keys.parse(key)
    with call.client(reference.tenant) as client:
        task = client.retry(reference.find(client))
    if call.output.as_json:
        call.output.model(task)
    else:
        call.output.line(f"{task.type}#{task.code}")
        call.output.note(f"{task.status} again; follow it: {call.command('watch', task)}")
