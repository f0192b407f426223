"""`taskmill work`: a consumer that runs the tasks of a stack in this process."""

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
        int, typer.Option(min=1, max=1_000, help="Tasks at the same time, each in a thread.")
    ] = 10,
    queue_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Queues to use in place of the stack's, in this order; may be repeated.",
        ),
    ] = None,
    modules: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Modules with task functions; this folder is searched, too."
        ),
    ] = None,
    grace: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Time for running tasks to end, once the process is told to stop.",
        ),
    ] = 25.0,
) -> None:
    """Run tasks in this process, outside Lambda, until Ctrl-C or SIGTERM; tasks may take hours.

    It needs the environment variables of the stack's functions: TASKMILL_TABLE, TASKMILL_BUCKET,
    TASKMILL_QUEUE_URL, TASKMILL_MODULES and so on. Without TASKMILL_TABLE, those of
    the local cloud of this folder are used.
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
        with _stopped_by_signals(consumer), _alarms_ignored(), report.running(consumer):
            left = consumer.run()
        report.stopped(consumer.done, left)
    if left:
        _exit_now(Exit.OK)


@contextmanager
def _stopped_by_signals(consumer: Consumer) -> Iterator[None]:
    """Meanwhile, a first signal stops the consumer, and a second one ends the process at once."""
    seen: list[int] = []
    pid = os.getpid()

    def stop(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != pid:  # a process that a task has forked: it dies of the signal as usual
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if seen:
            _exit_now(128 + number)
        seen.append(number)
        consumer.stop()

    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _alarms_ignored() -> Iterator[None]:
    """Meanwhile, a SIGALRM does not end the process, as it does by default.

    Tasks run in threads: one that calls `signal.alarm` cannot set a handler for it.
    """
    if not hasattr(signal, "SIGALRM"):  # on Windows
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def _exit_now(code: int) -> None:
    """End the process, even if task code still runs in other threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
