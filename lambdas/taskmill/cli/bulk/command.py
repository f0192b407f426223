"""`taskmill bulk retry | cancel | list`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskmill.cli.bulk.asking import ask, ask_in_production
from taskmill.cli.call import Call
from taskmill.cli.options import Limit, SinceFilter, TypeFilter, UntilFilter, Wide
from taskmill.cli.tasks.show import moment_text
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.model.api.bulk import BulkCount
    from taskmill.model.api.views import Task

app = typer.Typer(
    no_args_is_help=True, help="Retry or cancel all tasks that match, in the background."
)

COLUMNS = ("CODE", "ACTION", "STATUS", "DONE", "BY", "CREATED", "REASON")

Statuses = Annotated[
    list[Status] | None,
    typer.Option("--status", case_sensitive=False, help="Only with this status; repeatable."),
]
Fingerprint = Annotated[
    str | None, typer.Option("--error", metavar="FINGERPRINT", help="Only what failed with it.")
]
Reason = Annotated[str | None, typer.Option(help="Why: it stands in the history of each task.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only count what matches.")]
Yes = Annotated[
    bool,
    typer.Option("--yes", help="Do not ask, except for the name of a production environment."),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="NAME",
        help="The production environment that is meant: its name is not asked for.",
        show_default=False,
    ),
]


@app.command()
def retry(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002  # the field's word
    status: Statuses = None,
    error: Fingerprint = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    environment: Environment = None,
) -> None:
    """Retry all that failed and match; --status CANCELLED also takes cancelled ones."""
    chosen: dict[str, Any] = {
        "task_type": type,
        "status": status,
        "fingerprint": error,
        "created_after": since,
        "created_before": until,
    }
    _bulk(
        ctx.obj, "retry", chosen, reason=reason, dry_run=dry_run, yes=yes, environment=environment
    )


@app.command()
def cancel(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002
    status: Statuses = None,
    since: SinceFilter = None,
    until: UntilFilter = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    environment: Environment = None,
) -> None:
    """Cancel all tasks that have not ended and match."""
    chosen: dict[str, Any] = {
        "task_type": type,
        "status": status,
        "created_after": since,
        "created_before": until,
    }
    _bulk(
        ctx.obj, "cancel", chosen, reason=reason, dry_run=dry_run, yes=yes, environment=environment
    )


@app.command("list")
def list_bulks(ctx: typer.Context, *, limit: Limit = 20, wide: Wide = False) -> None:
    """List bulk operations, newest first."""
    call: Call = ctx.obj
    with call.client() as client:
        found = list(islice(client.bulks(page_size=min(limit, 1_000)), limit))
        if not found:
            call.output.note(f"no bulk operations of tenant {client.tenant}")
    if call.output.as_json:
        call.output.json_array(found)
    else:
        call.output.table(COLUMNS, map(_row, found), wide=wide)


def _bulk(
    call: Call,
    action: str,
    chosen: dict[str, Any],
    *,
    reason: str | None,
    dry_run: bool,
    yes: bool,
    environment: str | None,
) -> None:
    """Count, ask, and submit; which tasks are chosen, as `TaskClient.bulk` has it."""
    with call.client() as client:
        counted = client.count_bulk(action, **chosen)
        if dry_run or not counted.count:
            _tell_count(call, counted)
            return
        if not yes:
            ask(call, client, action, counted.count)
        ask_in_production(call, client, given=environment)
        expected = counted.count if counted.exact else None
        task = client.bulk(action, **chosen, reason=reason, expected=expected)
    call.submitted(task, f"{_number(counted)} to {action}")


def _tell_count(call: Call, counted: BulkCount) -> None:
    if call.output.as_json:
        call.output.model(counted)
        return
    call.output.line(_number(counted))
    for key in counted.sample:
        call.output.note(f"  {key.sk}")


def _number(counted: BulkCount) -> str:
    return f"{counted.count:,}" if counted.exact else f"more than {counted.count:,}"


def _row(task: Task) -> tuple[str, ...]:
    asked = task.input if isinstance(task.input, dict) else {}
    told = task.attributes.get("bulk")
    stands = told if isinstance(told, dict) else {}
    done = stands.get("acted", 0) + sum((stands.get("skipped") or {}).values())
    return (
        task.code,
        str(asked.get("action", "")),
        task.status,
        f"{done:,} of {asked.get('matched') or 0:,}",
        str(asked.get("by") or ""),
        moment_text(task.created_at),
        str(asked.get("reason") or ""),
    )
