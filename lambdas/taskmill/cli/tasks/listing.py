"""`taskmill list`: the newest tasks, filtered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import (
    KindFilter,
    Limit,
    Order,
    SinceFilter,
    StatusesFilter,
    TypeFilter,
    UntilFilter,
    Wide,
    read_statuses,
)
from taskmill.cli.tasks.newest import OTHER_CODES, Newest
from taskmill.cli.tasks.read import print_tasks
from taskmill.model.keys import Kind
from taskmill.model.statuses import Status


def list_tasks(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002
    kind: KindFilter = None,
    status: StatusesFilter = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    prefix: Annotated[
        str | None, typer.Option(help="Only tasks whose code begins so; needs --type.")
    ] = None,
    limit: Limit = 50,
    order: Annotated[
        Order, typer.Option(help="desc has the newest tasks, newest first; asc the oldest.")
    ] = Order.DESC,
    wide: Wide = False,
) -> None:
    """List the newest tasks of all types, newest first."""
    call: Call = ctx.obj
    statuses = read_statuses(status)
    if prefix is not None and type is None:
        raise typer.BadParameter("--prefix needs --type: codes begin anew in each type")
    with call.client() as client:
        search = Newest(
            client,
            limit,
            kinds=[kind] if kind else tuple(Kind),
            type=type,
            status=statuses,
            since=since,
            until=until,
            prefix=prefix,
            oldest=order is Order.ASC,
        )
        found = search.find()
        if call.output.as_json:
            call.output.json_array(found)
        else:
            print_tasks(call.output, found, wide=wide)
        if not found:
            call.output.note(f"no{_what(type, kind, statuses)} of tenant {client.tenant}")
    for each in sorted(search.incomplete):
        call.output.note(
            f"of {each}, only {OTHER_CODES:,} tasks were looked at whose codes do not sort by time"
        )


def _what(task_type: str | None, kind: Kind | None, status: Sequence[Status]) -> str:
    words = (
        " or ".join(status),
        task_type,
        "step function" if kind is Kind.SFN_TASK else None,
        "tasks",
    )
    return "".join(f" {word}" for word in words if word)
