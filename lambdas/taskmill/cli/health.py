"""`taskmill health`: how full the stack's queues are."""

from __future__ import annotations

import typer

from taskmill.cli.call import Call

COLUMNS = ("QUEUE", "WAITING", "IN FLIGHT", "OLDEST")


def health(ctx: typer.Context) -> None:
    """Show how full the queues are, and what ended as a dead letter; of all tenants."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.queue_health()
    if call.output.as_json:
        call.output.model(found)
        return
    work = [
        (each.name, f"{each.depth:,}", f"{each.in_flight:,}", _age(each.oldest_seconds))
        for each in found.queues
    ]
    dead = [(each.name, f"{each.depth:,}", "", "") for each in found.dead_letters]
    parked = ("changes to try again", f"{found.parked_changes:,}", "", "")
    call.output.table(COLUMNS, [*work, *dead, parked])


def _age(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds:,} s"
