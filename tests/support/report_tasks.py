"""Task functions for the tests of reports: `DURING` is called with the key while one runs."""

from collections.abc import Callable
from typing import Any

from taskmill import Retry, TaskContext, task
from taskmill.model.keys import TaskKey

DURING: list[Callable[[TaskKey], Any]] = []


@task("report-quick")
def quick(value: Any) -> Any:
    return value


@task("slow-child")
def slow_child(value: Any) -> Any:
    return value


@task("reported-while-started")
def reported_while_started(ctx: TaskContext) -> str:
    if ctx.attempt == 1 and DURING:
        DURING.pop()(ctx.key)
    return "done"


@task("reported-while-processing")
def reported_while_processing(ctx: TaskContext) -> str:
    ctx.progress(1, 2)
    if ctx.attempt == 1 and DURING:
        DURING.pop()(ctx.key)
    return "done"


@task("report-waits")
def waits(ctx: TaskContext) -> list[Any]:
    return ctx.gather([ctx.submit(slow_child, 1, delay_seconds=3_600), ctx.submit(quick, 2)])


@task("report-leaves-a-child")
def leaves_a_child(ctx: TaskContext) -> str:
    ctx.submit(slow_child, 1, delay_seconds=3_600)
    return "done"


@task("fails-once", retry=Retry(max_attempts=2, base_seconds=60))
def fails_once(ctx: TaskContext) -> str:
    if ctx.attempt == 1:
        raise ValueError("once")
    return "done"


@task("report-odd-fails", retry=Retry(max_attempts=1))
def odd_fails(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value
