"""`taskmill failures`, `tree` and `batches`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.keys import in_words, parse_key
from taskmill.cli.options import Key, Limit, TypeFilter, Wide
from taskmill.cli.tasks.show import age_text, clock_text, note_text
from taskmill.model.keys import TaskKey
from taskmill.model.limits import MAX_DEPTH, MAX_PAGE

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.overviews import Batch, Failure
    from taskmill.model.api.views import Task

FAILURE_COLUMNS = ("FAILED", "TASK", "GROUP", "ERROR")
BATCH_COLUMNS = ("BATCH", "SUBTASKS", "STATUS", "COMPLETED", "FAILED", "CANCELLED", "STARTED")
TREE_COLUMNS = ("TASK", "STATUS", "CREATED", "NOTE")


def failures(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="GROUP", help="Only errors of this group, as the list has it."),
    ] = None,
    limit: Limit = 50,
    wide: Wide = False,
) -> None:
    """List failed tasks and subtasks, newest first."""
    call: Call = ctx.obj
    with call.client() as client:
        page_size = min(limit, MAX_PAGE)
        found = client.failures(type, fingerprint=fingerprint, page_size=page_size)
        listed = list(islice(found, limit))
    if call.output.as_json:
        call.output.json_array(listed)
    else:
        call.output.table(FAILURE_COLUMNS, map(_failure_row, listed), wide=wide)
    if not listed:
        call.output.note(f"no failures of tenant {client.tenant}")


def tree(
    ctx: typer.Context,
    key: Key,
    *,
    depth: Annotated[
        int, typer.Option(min=1, max=MAX_DEPTH, help="Levels below the task.")
    ] = MAX_DEPTH,
    limit: Limit = 200,
    wide: Wide = False,
) -> None:
    """Show a task and the tasks that it has started, each above its own children."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        root = reference.find(client)
        nodes = list(islice(_nodes(client, root, depth, min(limit, MAX_PAGE)), limit + 1))
    shown, more = [root, *nodes[:limit]], len(nodes) > limit
    if call.output.as_json:
        call.output.json_array(shown)
    else:
        call.output.table(TREE_COLUMNS, _tree_rows(shown), wide=wide)
    if more:
        call.output.note(f"and more: --limit shows more than {limit:,}")


def batches(ctx: typer.Context, key: Key, *, wide: Wide = False) -> None:
    """List the batches of a step function task, with the outcomes of their subtasks."""
    call: Call = ctx.obj
    reference = parse_key(key)
    with call.client(reference.tenant) as client:
        found = client.batches(reference.find(client))
    if call.output.as_json:
        call.output.json_array(found)
    else:
        call.output.table(BATCH_COLUMNS, map(_batch_row, found), wide=wide)
    if not found:
        call.output.note("it has no batches")


def _nodes(client: TaskClient, root: Task, depth: int, page: int) -> Iterator[Task]:
    cursor: str | None = None
    while True:
        found = client.tree(root, depth=depth, limit=page, cursor=cursor)
        yield from found.nodes
        cursor = found.cursor
        if cursor is None:
            return


def _failure_row(failure: Failure) -> tuple[str, ...]:
    key = TaskKey.parse(failure.pk, failure.sk)
    mark, text = failure.fingerprint or "", failure.error_text or ""
    return age_text(failure.updated_at), in_words(key), mark, text


def _tree_rows(tasks: list[Task]) -> Iterator[tuple[str, ...]]:
    """Rows whose first column is indented by a task's depth below the first one."""
    depths: dict[str | None, int] = {}
    for task in tasks:
        depth = depths[str(task.key)] = depths.get(task.parent, -1) + 1 if depths else 0
        name = f"{'  ' * depth}{in_words(task.key)}"
        yield name, task.status, age_text(task.created_at), note_text(task)


def _batch_row(batch: Batch) -> tuple[str, ...]:
    counts = (batch.completed, batch.failed, batch.cancelled)
    span = f"{batch.first}-{batch.last}"
    started = clock_text(batch.started_at)
    return str(batch.index), span, batch.status, *map("{:,}".format, counts), started
