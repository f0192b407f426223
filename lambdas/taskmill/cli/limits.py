"""`taskmill limits`: shows and sets limits; `taskmill pause` and `resume`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import Wide
from taskmill.cli.tasks.show import age_text, moment_text, span_text

if TYPE_CHECKING:
    from taskmill.model.api.limits import LimitView, PauseView

app = typer.Typer(
    no_args_is_help=True,
    help="Show and set limits: how much runs at a time, how much starts within a time.",
)

COLUMNS = ("NAME", "KEY", "LIMIT", "HELD", "WAITING", "OLDEST", "NEXT START", "SET BY")
_RATE = re.compile(r"([1-9][0-9]*)(?:/([1-9][0-9]*))?")
OfStack = Annotated[
    bool, typer.Option("--shared", help="Limits that all tenants share, in place of the tenant's.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="For this key alone, such as a customer; by default every key."),
]
Name = Annotated[
    str,
    typer.Argument(
        help="The limit's name; of one without a name, the task type.", show_default=False
    ),
]
TypeOrTenant = Annotated[
    str | None,
    typer.Argument(
        metavar="TYPE", help="The task type; by default all of the tenant.", show_default=False
    ),
]


@app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="Only limits of this name.", show_default=False)
    ] = None,
    *,
    key: Annotated[
        str | None, typer.Option("--key", help="Only what applies to this key, used or not.")
    ] = None,
    of_stack: OfStack = False,
    wide: Wide = False,
) -> None:
    """Show limits, what they hold, and who waits for them."""
    call: Call = ctx.obj
    with call.client() as client:
        found = list(client.limits(name=name, key=key, of_stack=of_stack))
        if not found:
            what = f" named {name}" if name else ""
            call.output.note(f"the code declares no limits{what}, and none is set")
    if call.output.as_json:
        call.output.json_array(found)
        return
    call.output.table(COLUMNS, map(_row, found), wide=wide)


@app.command("set")
def set_limit(
    ctx: typer.Context,
    name: Name,
    *,
    key: Key = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Tasks at a time; 0 lets none begin.", min=0)
    ] = None,
    rate: Annotated[
        str | None,
        typer.Option(
            metavar="UNITS/SECONDS", help="Units within so many seconds: 50/1, or 90000/60."
        ),
    ] = None,
    burst: Annotated[
        int | None, typer.Option(help="Units that may start at once; by default UNITS.", min=1)
    ] = None,
    of_stack: OfStack = False,
) -> None:
    """Set a limit, in place of what the code says; tasks that wait go on if there is room."""
    call: Call = ctx.obj
    units, seconds = _parsed(rate)
    with call.client() as client:
        limit = client.set_limit(
            name,
            key=key,
            concurrency=concurrency,
            rate=units,
            per_seconds=seconds,
            burst=burst,
            of_stack=of_stack,
        )
    _print(call, limit)


@app.command("unset")
def unset(ctx: typer.Context, name: Name, *, key: Key = None, of_stack: OfStack = False) -> None:
    """Let what the code says apply again."""
    call: Call = ctx.obj
    with call.client() as client:
        limit = client.unset_limit(name, key=key, of_stack=of_stack)
    _print(call, limit)


def pause(
    ctx: typer.Context,
    task_type: TypeOrTenant = None,
) -> None:
    """Hold back the tasks of a type, or of the tenant, until `resume`. What runs goes on."""
    call: Call = ctx.obj
    with call.client() as client:
        paused = client.pause(task_type)
        tenant = client.tenant
    if call.output.as_json:
        call.output.model(paused)
        return
    _warn(call, paused)
    call.output.line(f"PAUSED {paused.type or tenant}")
    call.output.note("workers hear of it within 15 seconds; what runs goes on")


def resume(
    ctx: typer.Context,
    task_type: TypeOrTenant = None,
) -> None:
    """Let tasks go on that `pause` has held back."""
    call: Call = ctx.obj
    with call.client() as client:
        resumed = client.resume(task_type)
        tenant = client.tenant
    if call.output.as_json:
        call.output.model(resumed)
        return
    call.output.line(f"RESUMED {resumed.type or tenant}")
    if resumed.waiting:
        one = resumed.waiting == 1
        call.output.note("1 task goes on" if one else f"{resumed.waiting:,} tasks go on")


def pauses(ctx: typer.Context) -> None:
    """List what is paused."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.pauses()
        tenant = client.tenant
    if call.output.as_json:
        call.output.model(found)
        return
    if not found.items:
        call.output.note(f"nothing of tenant {tenant} is paused")
    rows = (_pause_row(each) for each in found.items)
    call.output.table(("TYPE", "WAITING", "SINCE", "BY"), rows, wide=True)


def _parsed(rate: str | None) -> tuple[int | None, int | None]:
    """Units and seconds."""
    if rate is None:
        return None, None
    match = _RATE.fullmatch(rate)
    if match is None:
        raise typer.BadParameter(f"--rate is {rate!r}; give units and seconds, such as 50/1")
    units, seconds = match.groups()
    return int(units), int(seconds) if seconds else None


def _print(call: Call, limit: LimitView) -> None:
    if call.output.as_json:
        call.output.model(limit)
        return
    _warn(call, limit)
    call.output.table(COLUMNS, [_row(limit)], wide=True)


def _warn(call: Call, changed: LimitView | PauseView) -> None:
    if changed.warning:
        call.output.note(f"warning: {changed.warning}")


def _row(limit: LimitView) -> tuple[str, ...]:
    return (
        limit.name,
        limit.key or ("*" if limit.keyed else ""),
        _limit(limit),
        "" if limit.held is None else f"{limit.held:,}",
        "" if limit.waiting is None else f"{limit.waiting:,}",
        age_text(limit.oldest_at),
        _next_start(limit),
        (limit.set_by or "set").rsplit(":", 1)[-1] if limit.set_at else "",
    )


def _next_start(limit: LimitView) -> str:
    """For how long nothing can start; empty if it can at once."""
    at = max(filter(None, (limit.paused_until, limit.next_start_at)), default=None)
    return f"in {span_text(at - datetime.now(UTC))}" if at else ""


def _limit(limit: LimitView) -> str:
    if limit.kind == "concurrency":
        return "none" if limit.limit is None else f"{limit.limit:,} at a time"
    if limit.rate is None:
        return "none"
    seconds = "s" if limit.per_seconds == 1 else f"{limit.per_seconds:,} s"
    return f"{limit.rate:,} / {seconds}, burst {limit.burst:,}"


def _pause_row(pause: PauseView) -> tuple[str, ...]:
    since = moment_text(pause.at) if pause.at else ""
    return (pause.type or "(all types)", f"{pause.waiting:,}", since, pause.by or "")
