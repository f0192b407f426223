"""`taskmill get`, `list`, `subtasks` and `result`."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.keys import parse_key
from taskmill.cli.options import Key, KindFilter, Limit, Order, StatusFilter, TypeFilter
from taskmill.cli.output import STYLES
from taskmill.cli.tasks.show import SUBTASK_COLUMNS, TASK_COLUMNS, details, subtask_row, task_row
from taskmill.model.keys import Kind

PAGE_SIZE = 1_000  # the API's limit for one page


def get(ctx: typer.Context, key: Key) -> None:
    """Show a task, step function task or subtask."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        task = reference.find(client)
    if call.output.as_json:
        call.output.model(task)
        return
    for label, text in details(task):
        style = STYLES.get(task.status) if label == "status" else None
        call.output.line(f"{label:<13}{text}", style)


def list_tasks(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002
    kind: KindFilter = None,
    status: StatusFilter = None,
    limit: Limit = 50,
    order: Annotated[Order, typer.Option(help="Order by code; desc is newest first.")] = Order.DESC,
) -> None:
    """List tasks by type, newest first; --limit applies to each kind."""
    call: Call = ctx.obj
    with call.client() as client:
        found = (
            task
            for each in ([kind] if kind else Kind)
            for task in islice(
                client.list(
                    type, kind=each, status=status, order=order, page_size=min(limit, PAGE_SIZE)
                ),
                limit,
            )
        )
        if call.output.as_json:
            call.output.json_array(found)
        else:
            call.output.table(TASK_COLUMNS, map(task_row, found))


def subtasks(
    ctx: typer.Context, key: Key, *, status: StatusFilter = None, limit: Limit = 50
) -> None:
    """List the subtasks of a step function task, by index."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        parent = reference.find(client)
        page_size = min(limit, PAGE_SIZE)
        found = islice(client.subtasks(parent, status=status, page_size=page_size), limit)
        if call.output.as_json:
            call.output.json_array(found)
        else:
            call.output.table(SUBTASK_COLUMNS, map(subtask_row, found))


def result(ctx: typer.Context, key: Key) -> None:
    """Print the result of a completed task as JSON; a large one is downloaded."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        call.output.json(client.result(reference.find(client)))
