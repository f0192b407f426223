"""`taskmill stats` and `taskmill errors`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import Wide
from taskmill.cli.tasks.show import moment_text

if TYPE_CHECKING:
    from taskmill.model.api.statistics import Bucket, Durations, ErrorGroup, History, TypeStatistics

COUNTS = ("TYPE", "WAITING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "OLDEST WAITING")
BUCKETS = ("START", "TYPE", "CREATED", "COMPLETED", "FAILED", "WAIT P50/P95", "RUN P50/P95")
GROUPS = ("FINGERPRINT", "ERROR", "COUNT", "OPEN", "LAST SEEN", "STATE", "TYPES")
WAITING = ("CREATED", "SCHEDULED", "PARKED", "QUEUED", "ERRORED")
RUNNING = ("STARTED", "PROCESSING", "WAITING", "FINISHED")


def stats(
    ctx: typer.Context,
    *,
    history: Annotated[
        bool, typer.Option("--history", help="What happened in each of the last 48 hours.")
    ] = False,
    days: Annotated[
        bool, typer.Option("--days", help="As --history, in each of the last 30 days.")
    ] = False,
    task_type: Annotated[
        str | None, typer.Option("--type", help="Only tasks of this type.", show_default=False)
    ] = None,
    recount: Annotated[
        bool, typer.Option("--recount", help="Count them anew, and correct what is wrong.")
    ] = False,
    wide: Wide = False,
) -> None:
    """Count the tasks of each type by status, or tell what happened in each hour.

    --recount is for operators, after changes were lost: it reads all rows of the tenant with your
    AWS credentials, and corrects the present numbers and those of open errors. It needs the
    variable TASKMILL_TABLE, or the local cloud of this folder. History stays as it is.
    """
    call: Call = ctx.obj
    if recount:
        if history or days or task_type:
            raise typer.BadParameter("--recount counts all, and goes with no other choice")
        from taskmill.cli.recounting import recount as counted_anew

        counted_anew(call)
        return
    with call.client() as client:
        if history or days:
            _show_history(call, client.history(**_span(days=days), task_type=task_type), wide=wide)
            return
        found = client.statistics()
    types = [each for each in found.types if task_type in (None, each.type)]
    if call.output.as_json:
        call.output.model(found.model_copy(update={"types": tuple(types)}))
    else:
        call.output.table(COUNTS, map(_counts_row, types), wide=wide)


def errors(
    ctx: typer.Context,
    fingerprint: Annotated[
        str | None,
        typer.Argument(help="Show this group with one of its errors.", show_default=False),
    ] = None,
    *,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Resolve it; it reopens when it occurs again.")
    ] = False,
    ignore: Annotated[
        bool, typer.Option("--ignore", help="Ignore it, also when it occurs again.")
    ] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Mark it as open.")] = False,
    wide: Wide = False,
) -> None:
    """List groups of equal errors, show one, or mark it as resolved or ignored."""
    call: Call = ctx.obj
    if sum((resolve, ignore, reopen)) > 1 or (not fingerprint and (resolve or ignore or reopen)):
        raise typer.BadParameter("name one fingerprint, and one of --resolve, --ignore, --reopen")
    with call.client() as client:
        if fingerprint is None:
            _list(call, client.error_groups(), wide=wide)
            return
        change = {
            "resolve": client.resolve_error_group,
            "ignore": client.ignore_error_group,
            "reopen": client.reopen_error_group,
        }
        wanted = {"resolve": resolve, "ignore": ignore, "reopen": reopen}
        read = next((change[name] for name, on in wanted.items() if on), client.error_group)
        _show(call, read(fingerprint))


def _span(*, days: bool) -> dict[str, Any]:
    if not days:
        return {}
    return {"since": datetime.now(UTC) - timedelta(days=30), "by": "day"}


def _show_history(call: Call, found: History, *, wide: bool) -> None:
    if call.output.as_json:
        call.output.model(found)
    else:
        call.output.table(BUCKETS, map(_bucket_row, found.buckets), wide=wide)


def _list(call: Call, groups: Iterable[ErrorGroup], *, wide: bool) -> None:
    if call.output.as_json:
        call.output.json_array(groups)
    else:
        call.output.table(GROUPS, map(_group_row, groups), wide=wide)


def _show(call: Call, group: ErrorGroup) -> None:
    if call.output.as_json:
        call.output.model(group)
        return
    since = f", new since {moment_text(group.new_since)}" if group.new_since else ""
    call.output.line(f"{group.error_type}: {group.message}")
    call.output.line(f"state        {group.state}{since}")
    call.output.line(f"occurred     {group.count:,} times, {group.open:,} of them still FAILED")
    call.output.line(f"first, last  {moment_text(group.first_at)}, {moment_text(group.last_at)}")
    call.output.line(f"types        {', '.join(group.types)}")
    call.output.line(f"last task    {group.last_key}")
    if group.sample and group.sample.stack:
        for line in group.sample.stack.splitlines():
            call.output.line(f"  {line}")


def _counts_row(each: TypeStatistics) -> tuple[str, ...]:
    counts = each.counts
    sums = [sum(counts.get(name, 0) for name in names) for names in (WAITING, RUNNING)]
    ends = [counts.get(name, 0) for name in ("COMPLETED", "FAILED", "CANCELLED")]
    return (each.type, *(f"{n:,}" for n in (*sums, *ends)), moment_text(each.oldest_waiting_at))


def _bucket_row(each: Bucket) -> tuple[str, ...]:
    counts = (each.created, each.completed, each.failed)
    spans = (_spread(each.wait), _spread(each.run))
    return (moment_text(each.start), each.type, *(f"{n:,}" for n in counts), *spans)


def _group_row(each: ErrorGroup) -> tuple[str, ...]:
    text = f"{each.error_type}: {each.message}"
    numbers = (f"{each.count:,}", f"{each.open:,}")
    return (
        each.fingerprint,
        text,
        *numbers,
        moment_text(each.last_at),
        each.state,
        ", ".join(each.types),
    )


def _spread(each: Durations) -> str:
    if each.p50 is None or each.p95 is None:
        return ""
    return f"{each.p50 / 1000:.3g} s / {each.p95 / 1000:.3g} s"
