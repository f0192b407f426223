"""Task functions for the tests of cancel: the next of `DURING` is called while one runs."""

from collections.abc import Callable
from typing import Any

from taskmill import Retry, TaskContext, task

DURING: list[Callable[[Any], Any]] = []
RAN: list[Any] = []


def _meanwhile() -> None:
    if DURING:
        DURING.pop(0)(None)


@task("cancel-quick")
def quick(value: Any) -> Any:
    return value


@task("cancel-notes")
def notes(value: Any) -> Any:
    RAN.append(value)
    _meanwhile()
    return value


@task("progresses")
def progresses(value: Any, ctx: TaskContext) -> Any:
    _meanwhile()
    ctx.progress(1, 2)
    return value


@task("always-fails", retry=Retry(max_attempts=5, base_seconds=600))
def always_fails(value: Any) -> None:
    raise ValueError(value)


@task("leaf-tomorrow")
def leaf_tomorrow(value: Any) -> Any:
    return value


@task("tree")
def tree(levels: int, ctx: TaskContext) -> Any:
    if levels == 0:
        return ctx.gather([ctx.submit(leaf_tomorrow, 1, delay_seconds=3_600)])
    return ctx.gather(tree, [levels - 1, levels - 1])


@task("maps-failing")
def maps_failing(ctx: TaskContext) -> Any:
    return list(ctx.map(always_fails, [1, 2, 3]))


@task("starts-after-the-call")
def starts_after_the_call(ctx: TaskContext) -> Any:
    _meanwhile()
    return ctx.gather(quick, [1, 2, 3])


@task("leaves")
def leaves(ctx: TaskContext) -> str:
    ctx.submit(leaf_tomorrow, 1, delay_seconds=3_600)
    return "done"


@task("stays")
def stays(ctx: TaskContext) -> str:
    _meanwhile()
    return "done"


@task("cancel-reports")
def reports(ctx: TaskContext) -> str:
    _meanwhile()
    ctx.progress(1, 2)
    return "done"


@task("fails-then")
def fails_then(ctx: TaskContext) -> str:
    _meanwhile()
    raise ValueError("late")
