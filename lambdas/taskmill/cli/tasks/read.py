"""`taskmill get`, `list`, `subtasks`, `children` and `result`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.keys import parse_key
from taskmill.cli.options import (
    Key,
    Limit,
    Reveal,
    StatusFilter,
    Wide,
)
from taskmill.cli.output import STYLES, Output
from taskmill.cli.tasks.fan_out_results import print_results
from taskmill.cli.tasks.show import (
    SCREEN_COLUMNS,
    SUBTASK_COLUMNS,
    TASK_COLUMNS,
    details,
    screen_row,
    subtask_row,
    task_row,
)
from taskmill.model.statuses import FINAL, Status

if TYPE_CHECKING:
    from taskmill.model.api.views import Task

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
    if task.status is Status.WAITING or task.awaited_total:
        call.output.note(f"children: {call.command('children', task)}")
    if task.started_at is not None:
        call.output.note(f"logs: {call.command('logs', task)}")


def print_tasks(output: Output, tasks: Sequence[Task], *, wide: bool) -> None:
    """Print tasks a line each: as they fit a terminal, or with all columns."""
    if output.on_screen and not wide:
        output.table(SCREEN_COLUMNS, map(screen_row, tasks))
    else:
        output.table(TASK_COLUMNS, map(task_row, tasks), wide=wide)


def subtasks(
    ctx: typer.Context,
    key: Key,
    *,
    status: StatusFilter = None,
    limit: Limit = 50,
    wide: Wide = False,
) -> None:
    """List the subtasks of a step function task, by index."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        parent = reference.find(client)
        page_size = min(limit, PAGE_SIZE)
        found = list(islice(client.subtasks(parent, status=status, page_size=page_size), limit))
    if call.output.as_json:
        call.output.json_array(found)
    else:
        call.output.table(SUBTASK_COLUMNS, map(subtask_row, found), wide=wide)
    if not found:
        which = f" {status}" if status else ""
        call.output.note(f"no{which} subtasks of {parent.type} {parent.code}")


def children(ctx: typer.Context, key: Key, *, limit: Limit = 50, wide: Wide = False) -> None:
    """List the tasks that a task has started, by code."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        parent = reference.find(client)
        found = list(islice(client.children(parent), limit))
    if call.output.as_json:
        call.output.json_array(found)
    else:
        print_tasks(call.output, found, wide=wide)
    if not found:
        call.output.note(f"no children of {parent.type} {parent.code}")


def result(ctx: typer.Context, key: Key, *, reveal: Reveal = False) -> None:
    """Print the result of a completed task as JSON; a large one is downloaded.

    Of a step function task that has ended, the results of its subtasks: JSON Lines in the order of
    the inputs, null for a subtask that has none; with --json, objects with status and error.
    """
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        task = reference.find(client)
        if task.kind != "SFN_TASK" or task.status not in FINAL:
            call.output.json(client.result(task, reveal=reveal))
            return
        print_results(call, client, task, reveal=reveal)
    if task.status is not Status.COMPLETED:
        raise typer.Exit(Exit.FAILED)
