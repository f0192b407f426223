"""`taskmill health`: how full the stack's queues are; `taskmill redrive`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call

if TYPE_CHECKING:
    from taskmill.model.api.health import DeadLetters, Redrive

COLUMNS = ("QUEUE", "WAITING", "IN FLIGHT", "OLDEST", "WHAT TO DO")


def health(ctx: typer.Context) -> None:
    """Show how full the queues are, and what ended as a dead letter; of all tenants."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.queue_health()
    if call.output.as_json:
        call.output.model(found)
        return
    work = [
        (each.name, f"{each.depth:,}", f"{each.in_flight:,}", _age(each.oldest_seconds), "")
        for each in found.queues
    ]
    dead = [(each.name, f"{each.depth:,}", "", "", _advice(each)) for each in found.dead_letters]
    parked = ("changes to try again", f"{found.parked_changes:,}", "", "", "")
    call.output.table(COLUMNS, [*work, *dead, parked])


def redrive(
    ctx: typer.Context,
    queue: Annotated[
        str, typer.Argument(help="Which queue; health says what to do about the others.")
    ] = "dead-changes",
    *,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop a redrive that runs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Have the dispatcher handle again the row changes that it has given up; of all tenants."""
    call: Call = ctx.obj
    if not (yes or cancel):
        typer.confirm(
            f"move all messages of {queue} back, to be handled again?", abort=True, err=True
        )
    with call.client() as client:
        found = client.cancel_redrive(queue) if cancel else client.redrive(queue)
    if call.output.as_json:
        call.output.model(found)
        return
    call.output.line(_redrive(found))
    if found.status == "RUNNING":
        call.output.note("taskmill health shows how it goes on")


def _age(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds:,} s"


def _advice(queue: DeadLetters) -> str:
    if queue.redrive is not None and queue.redrive.status == "RUNNING":
        return _redrive(queue.redrive)
    return queue.advice if queue.depth else ""


def _redrive(found: Redrive) -> str:
    of_all = "" if found.to_move is None else f" of {found.to_move:,}"
    reason = f": {found.reason}" if found.reason else ""
    return f"redrive {found.status}, {found.moved:,}{of_all} moved{reason}"
