"""`taskmill submit` and `taskmill map`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.options import (
    Code,
    IdempotencyKey,
    InputFormat,
    Name,
    NotifyOption,
    TaskType,
    Timeout,
    Wait,
)
from taskmill.cli.tasks.key_options import (
    DebounceKey,
    DebounceMax,
    DebounceSeconds,
    OnConflictOption,
    UniqueKey,
    UntilOption,
    debounce_of,
    unique_of,
)
from taskmill.cli.tasks.submit_options import (
    At,
    Deadline,
    Expires,
    LogId,
    OnCompletion,
    OnFailure,
    OnSuccess,
    PriorityOption,
    read_log_ids,
)

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task


def submit(
    ctx: typer.Context,
    task_type: TaskType,
    input: Annotated[  # noqa: A002  # the field's word
        str | None,
        typer.Argument(
            metavar="INPUT|@FILE|-",
            help="JSON text, a JSON file, or - for JSON on stdin.",
            show_default=False,
        ),
    ] = None,
    *,
    name: Name = None,
    delay: Annotated[
        int, typer.Option(min=0, metavar="SECONDS", help="Start so many seconds from now.")
    ] = 0,
    at: At = None,
    priority: PriorityOption = None,
    expires: Expires = None,
    deadline: Deadline = None,
    on_success: OnSuccess = None,
    on_failure: OnFailure = None,
    on_completion: OnCompletion = None,
    log_id: LogId = None,
    code: Code = None,
    idempotency_key: IdempotencyKey = None,
    notify: NotifyOption = None,
    unique_key: UniqueKey = None,
    on_conflict: OnConflictOption = None,
    until: UntilOption = None,
    debounce: DebounceSeconds = None,
    debounce_key: DebounceKey = None,
    debounce_max: DebounceMax = None,
    wait: Wait = False,
    timeout: Timeout = None,
) -> None:
    """Submit a single task."""
    from taskmill.cli.tasks.inputs import read_input

    call: Call = ctx.obj
    unique = unique_of(unique_key, on_conflict, until)
    debounced = debounce_of(debounce, debounce_key, debounce_max)
    value, log_ids = read_input(input), read_log_ids(log_id)
    with call.client() as client:
        task = client.submit(
            task_type,
            value,
            name=name,
            delay_seconds=delay,
            run_at=at,
            code=code,
            idempotency_key=idempotency_key,
            notify=notify.value if notify else None,
            priority=priority.value if priority else None,
            expires_seconds=expires,
            deadline_seconds=deadline,
            on_success=on_success or (),
            on_failure=on_failure or (),
            on_completion=on_completion or (),
            log_ids=log_ids,
            unique=unique,
            debounce=debounced,
        )
        _print_submitted(call, client, task, wait=wait, timeout_seconds=timeout)


def map_inputs(
    ctx: typer.Context,
    task_type: TaskType,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-",
            help="A .json array, .jsonl, or .csv with a header; - is JSON Lines on stdin.",
            show_default=False,
        ),
    ],
    *,
    form: Annotated[
        InputFormat | None,
        typer.Option("--format", help="Format, if the name of the file does not show it."),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="What separates the fields of a .csv, or 'tab'; by default the header shows it:"
            " comma, semicolon, tab or pipe.",
        ),
    ] = None,
    tolerate: Annotated[
        str | None,
        typer.Option(
            metavar="N|P%",
            help="How many subtasks may fail without failing the task; none by default.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Subtasks that one Lambda invocation runs one after the other; by default the"
            " square root of their number, at most 100 (200 for 1,000,000 subtasks).",
        ),
    ] = None,
    max_concurrency: Annotated[
        int | None, typer.Option(min=1, help="Batches that run at the same time.")
    ] = None,
    priority: PriorityOption = None,
    expires: Expires = None,
    deadline: Deadline = None,
    on_success: OnSuccess = None,
    on_failure: OnFailure = None,
    on_completion: OnCompletion = None,
    log_id: LogId = None,
    name: Name = None,
    code: Code = None,
    idempotency_key: IdempotencyKey = None,
    notify: NotifyOption = None,
    wait: Wait = False,
    timeout: Timeout = None,
    out: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Watch the task, then write the results of its subtasks to this file: JSON Lines"
            " in the order of the inputs, null for a subtask without one.",
        ),
    ] = None,
) -> None:
    """Submit a step function task: each element of a file becomes a subtask."""
    from taskmill.cli.tasks.fan_out_results import check_writable
    from taskmill.cli.tasks.inputs import checked_delimiter, read_inputs

    call: Call = ctx.obj
    log_ids = read_log_ids(log_id)
    if out is not None:
        check_writable(out)
    elements = read_inputs(
        file, form.value if form else None, delimiter=checked_delimiter(delimiter)
    )
    with call.client() as client:
        task = client.map(
            task_type,
            elements,
            tolerated_failures=tolerate,
            batch_size=batch_size,
            max_concurrency=max_concurrency,
            name=name,
            code=code,
            idempotency_key=idempotency_key,
            notify=notify.value if notify else None,
            priority=priority.value if priority else None,
            expires_seconds=expires,
            deadline_seconds=deadline,
            on_success=on_success or (),
            on_failure=on_failure or (),
            on_completion=on_completion or (),
            log_ids=log_ids,
        )
        if out is None:
            _print_submitted(call, client, task, wait=wait, timeout_seconds=timeout)
        else:
            _watch_and_write(call, client, task, timeout_seconds=timeout, out=out)


def _print_submitted(
    call: Call, client: TaskClient, task: Task, *, wait: bool, timeout_seconds: float | None
) -> None:
    """Print the key of a submitted task, or watch the task."""
    if wait:
        from taskmill.cli.tasks.watch import follow

        follow(call, client, task, timeout_seconds=timeout_seconds)
    else:
        call.submitted(task, task.status)


def _watch_and_write(
    call: Call, client: TaskClient, task: Task, *, timeout_seconds: float | None, out: Path
) -> None:
    """Watch a fan-out until it has ended, in whatever way, and write its results to a file."""
    from taskmill.cli.tasks.fan_out_results import print_results
    from taskmill.cli.tasks.watch import follow

    try:
        follow(call, client, task, timeout_seconds=timeout_seconds)
    except typer.Exit as ended:
        if ended.exit_code == Exit.FAILED:
            print_results(call, client, task, file=out)
        raise
    print_results(call, client, task, file=out)
    call.output.note(f"results: {out}")
