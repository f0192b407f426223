"""`taskmill work`: run the tasks of a stack in this process."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit

if TYPE_CHECKING:
    from taskmill.work.consumer.consumer import Consumer


def work(
    ctx: typer.Context,
    *,
    concurrency: Annotated[
        int, typer.Option(min=1, max=1_000, help="Tasks at a time, each in a thread.")
    ] = 10,
    queue_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL", help="Instead of the stack's queues; several are asked in this order."
        ),
    ] = None,
    modules: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Modules with task functions; also looked for in this folder."
        ),
    ] = None,
    grace: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="What running tasks get to end once it is told to stop."
        ),
    ] = 25.0,
) -> None:
    """Run tasks here, outside Lambda, until Ctrl-C or SIGTERM; tasks may take hours.

    Settings are those of the stack's functions: TASKMILL_TABLE, TASKMILL_BUCKET,
    TASKMILL_QUEUE_URL, TASKMILL_MODULES and so on; in a folder with a local cloud, its own.
    """
    call: Call = ctx.obj
    from taskmill.cli.work_report import report_of
    from taskmill.cli.work_settings import wired_here
    from taskmill.wiring.process import use

    sys.path.insert(0, str(Path.cwd()))
    here = wired_here(
        call, queue_urls=queue_url or [], modules=modules, connections=concurrency + 10
    )
    with use(here):
        report = report_of(call.output, here.logger)
        consumer = here.consumer(
            urls=queue_url or (),
            concurrency=concurrency,
            grace_seconds=grace,
            stopping=report.stopping,
        )
        with _stopped_by_signals(consumer), report.running(consumer):
            left = consumer.run()
        report.stopped(consumer.done, left)
    if left:
        _leave(Exit.OK)


@contextmanager
def _stopped_by_signals(consumer: Consumer) -> Iterator[None]:
    """The first signal stops it, the second ends the process at once."""
    seen: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if seen:
            _leave(128 + number)
        seen.append(number)
        consumer.stop()

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _leave(code: int) -> None:
    """End the process although task code still runs in it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
