"""Task functions that fail in ways that belong together, or do not."""

from typing import Any

from taskmill import Retry, TaskContext, task

ONCE = Retry(max_attempts=1)


def wrong(value: Any) -> None:
    raise ValueError(f"order {value} is wrong")


@task("mark-fails", retry=ONCE)
def fails(value: Any) -> None:
    wrong(value)


@task("mark-fails-otherwise", retry=ONCE)
def fails_otherwise(value: Any) -> None:
    raise KeyError(value)


@task("mark-fails-first", retry=Retry(max_attempts=3, base_seconds=0))
def fails_first(ctx: TaskContext, value: Any) -> Any:
    if ctx.attempt == 1:
        wrong(value)
    return value


@task("mark-parent", retry=ONCE)
def parent(ctx: TaskContext, value: Any) -> Any:
    return ctx.run("mark-fails", value)


@task("mark-grandparent", retry=ONCE)
def grandparent(ctx: TaskContext, value: Any) -> Any:
    try:
        return ctx.run("mark-parent", value)
    except Exception as error:
        raise RuntimeError(f"all of {value} failed") from error


@task("mark-leaves-a-child", retry=ONCE)
def leaves_a_child(ctx: TaskContext, value: Any) -> None:
    ctx.submit("mark-fails", value)


@task("mark-kills", retry=Retry(max_attempts=100))
def kills() -> None:
    from taskmill.testing import Crash

    raise Crash
