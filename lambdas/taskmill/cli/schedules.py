"""`taskmill schedules`: lists, creates and changes recurring schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.completing import complete_schedules
from taskmill.cli.moments import moment
from taskmill.cli.options import Limit, NotifyOption, TaskType, Wide
from taskmill.cli.tasks.show import moment_text, short_text
from taskmill.cli.tasks.submit_options import Deadline, Expires, OnCompletion, OnFailure, OnSuccess
from taskmill.model.lanes import PRIORITIES

if TYPE_CHECKING:
    from taskmill.model.api.schedules import Schedule

app = typer.Typer(
    no_args_is_help=True, help="Manage schedules, which submit tasks by a cron or rate expression."
)

COLUMNS = ("NAME", "TYPE", "EXPRESSION", "TIMEZONE", "STATE", "NEXT")
SCREEN_COLUMNS = ("NAME", "TYPE", "NEXT", "EXPRESSION")

ScheduleName = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="Name of the schedule.",
        show_default=False,
        autocompletion=complete_schedules,
    ),
]


@app.command("list")
def list_schedules(ctx: typer.Context, *, limit: Limit = 50, wide: Wide = False) -> None:
    """List schedules by name; NEXT is when they fire next, in local time."""
    call: Call = ctx.obj
    with call.client() as client:
        found = list(islice(client.schedules(page_size=min(limit, 1_000)), limit))
        if not found:
            call.output.note(f"no schedules of tenant {client.tenant}")
    if call.output.as_json:
        call.output.json_array(found)
    elif call.output.on_screen and not wide:
        call.output.table(SCREEN_COLUMNS, map(_screen_row, found))
    else:
        call.output.table(COLUMNS, map(_row, found), wide=wide)


@app.command("show")
def show_schedule(ctx: typer.Context, name: ScheduleName) -> None:
    """Show a schedule."""
    call: Call = ctx.obj
    with call.client() as client:
        schedule = client.schedule(name)
    if call.output.as_json:
        call.output.model(schedule)
        return
    for label, text in _details(schedule):
        call.output.line(f"{label:<13}{text}")


@app.command()
def put(
    ctx: typer.Context,
    name: ScheduleName,
    task_type: TaskType,
    expression: Annotated[
        str,
        typer.Argument(
            metavar="EXPRESSION",
            help="'cron(0 6 ? * MON-FRI *)' or 'rate(5 minutes)'.",
            show_default=False,
        ),
    ],
    input: Annotated[  # noqa: A002  # the field's word
        str | None,
        typer.Argument(
            metavar="INPUT|@FILE|-",
            help="JSON text, a JSON file, or - for JSON on stdin.",
            show_default=False,
        ),
    ] = None,
    *,
    timezone: Annotated[
        str, typer.Option(help="Time zone of a cron expression, as Europe/Berlin.")
    ] = "UTC",
    paused: Annotated[bool, typer.Option("--paused", help="Create it paused.")] = False,
    task_name: Annotated[str | None, typer.Option(help="A descriptive name of its tasks.")] = None,
    notify: NotifyOption = None,
    priority: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PRIORITIES), help="high and urgent do not wait behind other tasks."
        ),
    ] = None,
    expires: Expires = None,
    deadline: Deadline = None,
    overlap: Annotated[
        str | None,
        typer.Option(
            metavar="allow|skip|one|cancel",
            help="While the task of an earlier fire has not ended: submit one all the same (the"
            " default), none, one that waits for that end, or cancel the earlier one.",
        ),
    ] = None,
    jitter: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Start its tasks later by up to so many seconds."),
    ] = None,
    on_success: OnSuccess = None,
    on_failure: OnFailure = None,
    on_completion: OnCompletion = None,
) -> None:
    """Create a schedule, or replace the one with this name."""
    from taskmill.cli.tasks.inputs import read_input

    call: Call = ctx.obj
    value = read_input(input)
    with call.client() as client:
        schedule = client.put_schedule(
            name,
            task_type,
            expression,
            value,
            timezone=timezone,
            paused=paused,
            task_name=task_name,
            notify=notify.value if notify else None,
            priority=priority,  # type: ignore[arg-type]  # the API checks it
            expires_seconds=expires,
            deadline_seconds=deadline,
            overlap=overlap,  # type: ignore[arg-type]  # the client checks it
            jitter_seconds=jitter,
            on_success=on_success or (),
            on_failure=on_failure or (),
            on_completion=on_completion or (),
        )
    if call.output.as_json:
        call.output.model(schedule)
        return
    call.output.line(schedule.name)
    call.output.note(_next_text(schedule))


@app.command()
def fires(ctx: typer.Context, name: ScheduleName) -> None:
    """Show the last fires of a schedule with their tasks, newest first, and the next ones."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.schedule_fires(name)
    if call.output.as_json:
        call.output.model(found)
        return
    ahead = [(moment_text(each), "", "next") for each in reversed(found.next)]
    past = [
        (moment_text(each.at), each.task.code, each.task.status)
        if each.task
        else (moment_text(each.at), "", "no task")
        for each in found.fires
    ]
    call.output.table(("TIME", "CODE", "STATUS"), [*ahead, *past])


@app.command()
def fire(ctx: typer.Context, name: ScheduleName) -> None:
    """Submit a task of a schedule now; also of one that is paused."""
    call: Call = ctx.obj
    with call.client() as client:
        task = client.fire_schedule(name)
    call.submitted(task, task.status)


@app.command()
def backfill(
    ctx: typer.Context,
    name: ScheduleName,
    *,
    since: Annotated[
        datetime,
        typer.Option(
            "--from",
            parser=moment,
            metavar="MOMENT",
            help="The first due time: 3d, or a time.",
        ),
    ],
    until: Annotated[
        datetime,
        typer.Option("--to", parser=moment, metavar="MOMENT", help="The last; not later than now."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Submit tasks for past due times of a schedule; each due time gets one only."""
    call: Call = ctx.obj
    with call.client() as client:
        found = client.backfill_schedule(name, since, until, dry_run=dry_run)
    if call.output.as_json:
        call.output.model(found)
        return
    span = f", {moment_text(found.first)} to {moment_text(found.last)}" if found.count else ""
    call.output.line(f"{found.name}: {found.count:,} due times{span}")
    call.output.line("nothing submitted: dry run" if dry_run else f"{found.submitted:,} submitted")


@app.command()
def pause(ctx: typer.Context, name: ScheduleName) -> None:
    """Pause a schedule. Tasks that it has submitted continue."""
    call: Call = ctx.obj
    with call.client() as client:
        _print_change(call, "PAUSED", client.pause_schedule(name))


@app.command()
def resume(ctx: typer.Context, name: ScheduleName) -> None:
    """Resume a paused schedule. Runs that it missed are not made up for."""
    call: Call = ctx.obj
    with call.client() as client:
        _print_change(call, "ENABLED", client.resume_schedule(name))


@app.command()
def remove(ctx: typer.Context, name: ScheduleName) -> None:
    """Remove a schedule. Tasks that it has submitted continue."""
    call: Call = ctx.obj
    with call.client() as client:
        _print_change(call, "REMOVED", client.delete_schedule(name))


def _print_change(call: Call, what: str, schedule: Schedule) -> None:
    if call.output.as_json:
        call.output.model(schedule)
    else:
        call.output.line(f"{what} {schedule.name}")


def _row(schedule: Schedule) -> tuple[str, ...]:
    return (
        schedule.name,
        schedule.task_type,
        schedule.expression,
        schedule.timezone,
        _state(schedule),
        moment_text(schedule.next_fire_at),
    )


def _screen_row(schedule: Schedule) -> tuple[str, ...]:
    """A row for a terminal: the state where there is no next time, UTC left out."""
    zone = "" if schedule.timezone == "UTC" else f" {schedule.timezone}"
    state = _state(schedule)
    return (
        schedule.name,
        schedule.task_type,
        moment_text(schedule.next_fire_at) if state == "ENABLED" else state,
        f"{schedule.expression}{zone}",
    )


def _details(schedule: Schedule) -> Iterator[tuple[str, str]]:
    """The lines of `taskmill schedules show`: labels and texts, without empty ones."""
    facts = {
        "name": schedule.name,
        "type": schedule.task_type,
        "expression": schedule.expression,
        "timezone": schedule.timezone,
        "in words": schedule.description or "",
        "state": _state(schedule),
        "next": moment_text(schedule.next_fire_at),
        "input": short_text(schedule.input),
        "task name": schedule.task_name,
        "priority": schedule.priority,
        "notify": schedule.notify,
        "overlap": schedule.overlap,
        "jitter": schedule.jitter_seconds and f"{schedule.jitter_seconds} s",
        "on success": ", ".join(schedule.on_success),
        "on failure": ", ".join(schedule.on_failure),
        "on end": ", ".join(schedule.on_completion),
        "created": moment_text(schedule.created_at),
        "changed": moment_text(schedule.updated_at),
    }
    return ((label, text) for label, text in facts.items() if text)


def _state(schedule: Schedule) -> str:
    if schedule.unreadable is not None:
        return "UNREADABLE"
    return "PAUSED" if schedule.paused else "ENABLED"


def _next_text(schedule: Schedule) -> str:
    if schedule.next_fire_at is None:
        return f"paused; let it fire: taskmill schedules resume {schedule.name}"
    return f"fires next at {moment_text(schedule.next_fire_at)}, local time"
