"""`taskmill whoami` and `taskmill types`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import Wide

if TYPE_CHECKING:
    from taskmill.model.api.task_types import TaskType

COLUMNS = ("TYPE", "ATTEMPTS", "TIMEOUT", "POOL", "DESCRIPTION")


def whoami(ctx: typer.Context) -> None:
    """Show who you are to the API, what you may do, and what the API can."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.whoami()
        writes = client.may_write() if found.may_write is None else found.may_write
    if call.output.as_json:
        call.output.model(found.model_copy(update={"may_write": writes}))
        return
    stack = found.stack
    rows = {
        "user": found.user or "unknown",
        "tenants": "those that policies allow"
        if found.tenants is None
        else ", ".join(found.tenants) or "none",
        "may write": f"{'yes' if writes else 'no'} (tenant {client.tenant})",
        "may reveal": {None: "as policies say", True: "yes", False: "no"}[found.may_reveal],
        "stack": " ".join(filter(None, (stack.name, stack.environment, stack.region))) or "unnamed",
        "version": found.version or "unknown",
        "features": ", ".join(found.features),
    }
    for label, text in rows.items():
        call.output.line(f"{label:<13}{text}")


def types(
    ctx: typer.Context,
    task_type: Annotated[
        str | None,
        typer.Argument(metavar="[TYPE]", help="Show this one with its schema.", show_default=False),
    ] = None,
    *,
    wide: Wide = False,
) -> None:
    """List the task types that the stack declares, or show one with the schema of its input."""
    call: Call = ctx.obj
    with call.client() as client:
        answer = client.types()
    found = [each for each in answer.types if task_type in (None, each.type)]
    if task_type is not None:
        _show(call, task_type, found)
    elif call.output.as_json:
        call.output.json_array(found)
    else:
        call.output.table(COLUMNS, map(_row, found), wide=wide)
    if answer.failed:
        call.output.note(f"a module could not be imported: {answer.failed}")


def _show(call: Call, task_type: str, found: list[TaskType]) -> None:
    if not found:
        call.output.note(f"taskmill: no task module declares {task_type!r}")
        raise typer.Exit(1)
    (one,) = found
    if call.output.as_json:
        call.output.model(one)
        return
    call.output.line(one.type)
    for line in (one.description or "").splitlines():
        call.output.line(f"  {line}")
    call.output.line(f"attempts     {one.max_attempts}, of up to {one.timeout_seconds:g} s each")
    own = "the stack's own workers"
    call.output.line(f"pool         {one.pool or own}")
    if one.paused:
        call.output.line("paused       yes: nothing of it begins until it is resumed")
    if one.secret_fields:
        call.output.line(f"secret       {', '.join(one.secret_fields)}")
    if one.input_schema is None:
        call.output.line("input        any JSON")
    else:
        call.output.line("input        JSON of this schema")
        call.output.json(one.input_schema)


def _row(each: TaskType) -> tuple[str, ...]:
    about = (each.description or "").partition("\n")[0]
    timeout = f"{each.timeout_seconds:g} s"
    about = " ".join(filter(None, ("(paused)" if each.paused else "", about)))
    return (each.type, str(each.max_attempts), timeout, each.pool or "", about)
