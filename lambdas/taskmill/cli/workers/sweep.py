"""`taskmill sweep`: finds tasks whose message or event was lost, and gets them going again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.output import Output
from taskmill.model.errors import TaskmillError
from taskmill.model.lanes import Lane

if TYPE_CHECKING:
    from taskmill.dispatch.repairs import Resends, Swept
    from taskmill.dispatch.sweeper import Sweep
    from taskmill.wiring.wiring import Wiring

NEEDED: Mapping[str, str] = {
    "TASKMILL_TABLE": "TableName",
    "TASKMILL_QUEUE_URL": "QueueUrl",
    "TASKMILL_STATE_MACHINE_ARN": "StateMachineArn",
}
_CONNECTIONS = 10  # a connection for each segment of the scan, and some for the rest


class CannotSweep(TaskmillError):
    """AWS did not answer, or denied access."""

    code = "unreachable"
    http_status = 503


def sweep(
    ctx: typer.Context,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be done.")
    ] = False,
    grace: Annotated[
        int,
        typer.Option(
            min=15, metavar="MINUTES", help="How long a task must have been due to be looked at."
        ),
    ] = 60,
) -> None:
    """Find tasks whose message or event was lost, and get them going again. Reads the whole table.

    Safe at any time, also beside the stack's own sweep: a task that was not stuck is not run twice.

    It needs AWS credentials and some environment variables of the stack's functions:
    TASKMILL_TABLE, TASKMILL_QUEUE_URL, TASKMILL_STATE_MACHINE_ARN and the URLs of the other queues.
    Without TASKMILL_TABLE, those of the local cloud of this folder are used.
    """
    call: Call = ctx.obj
    from taskmill.cli.workers.work_settings import wired_to_stack
    from taskmill.wiring.process import use

    quiet = {"POWERTOOLS_LOG_LEVEL": "ERROR"}  # what was swept is printed as the result
    here = wired_to_stack(call, needed=NEEDED, given=quiet, connections=_CONNECTIONS)
    found: list[Swept] = []
    with use(here), aws_errors():
        sweeper = replace(here.sweeper, grace_ms=grace * 60_000, resends=_with_known_queues(here))
        swept = sweeper.sweep(dry_run=dry_run, found=found.append)
    _print(call.output, swept, found, dry_run=dry_run)


def _with_known_queues(here: Wiring) -> Resends:
    """Sends no task of containers, or of a pool, to the work queue: Lambda's worker might fail it.

    That the queue of such tasks is not named here does not mean that the stack has none.
    """
    lanes = dict(here.sweeper.resends.lanes)
    if not here.settings.container_queue_url:
        del lanes[Lane.CONTAINER]
    return replace(here.sweeper.resends, lanes=lanes)


def _print(output: Output, swept: Sweep, found: list[Swept], *, dry_run: bool) -> None:
    if output.as_json:
        tasks = [
            {**each.key.as_dict(), "status": each.status, "did": each.did, "why": each.why}
            for each in found
        ]
        output.json({"tasks": tasks, "open": swept.open_tasks, "errors": swept.errors})
    elif found:
        rows = ((each.did, str(each.status), str(each.key), each.why) for each in found)
        output.table(("did", "status", "task", "why"), rows)
    stuck = "would be sent on" if dry_run else "were sent on"
    output.note(f"{len(found):,} of {swept.open_tasks:,} idle open tasks {stuck}")
    if swept.errors:
        output.note(f"{swept.errors:,} could not be looked at or sent on: see above")
        raise typer.Exit(Exit.UNREACHABLE)


@contextmanager
def aws_errors() -> Iterator[None]:
    """An error of AWS in one line, as that of any other command."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CannotSweep(str(error)) from error
