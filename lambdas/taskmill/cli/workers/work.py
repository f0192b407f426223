"""`taskmill work`: a consumer that runs the tasks of a stack in this process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from taskmill.cli.call import Call
from taskmill.cli.exits import Exit
from taskmill.cli.stop_signals import StopSignals, exit_now


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
    pool: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Drain the queue of this worker pool, not those of the stack; may be repeated.",
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

    SIGHUP (the terminal is closed) and SIGQUIT stop it as well; under nohup, SIGHUP does not.

    It needs the environment variables of the stack's functions: TASKMILL_TABLE, TASKMILL_BUCKET,
    TASKMILL_QUEUE_URL, TASKMILL_MODULES and so on. Without TASKMILL_TABLE, those of
    the local cloud of this folder are used.
    """
    call: Call = ctx.obj
    from taskmill.cli.workers.work_report import report_of
    from taskmill.cli.workers.work_settings import urls_of_pools, wired_here
    from taskmill.wiring.process import use

    sys.path.insert(0, str(Path.cwd()))
    urls = [*(queue_url or []), *urls_of_pools(pool or [], stack=call.stack)]
    here = wired_here(call, queue_urls=urls, modules=modules, connections=concurrency + 10)
    with use(here):
        report = report_of(call.output, here.logger)
        consumer = here.consumer(
            urls=urls,
            concurrency=concurrency,
            grace_seconds=grace,
            stopping=report.stopping,
        )
        with StopSignals(consumer) as signals:
            with report.running(consumer):
                left = consumer.run()
            signals.work_is_over()
            report.stopped(consumer.done, left)
            if left:
                exit_now(Exit.OK)
