"""Parents that wait, and inputs of all sizes."""

from typing import Any

from taskmill import TaskContext, task


@task("watched-leaf")
def watched_leaf(value: int) -> int:
    return value


@task("watched-fails")
def watched_fails(value: int) -> int:
    raise ValueError(value)


@task("watched-mapper")
def watched_mapper(count: int, ctx: TaskContext) -> int:
    return sum(ctx.map(watched_leaf, range(count)))


@task("watched-parent")
def watched_parent(count: int, ctx: TaskContext) -> int:
    children = [ctx.submit(watched_leaf, each, delay_seconds=60 * each) for each in range(count)]
    return sum(ctx.gather(*children))


@task("watched-reporter")
def watched_reporter(count: int, ctx: TaskContext) -> int:
    children = [ctx.submit(watched_leaf, each, delay_seconds=60 * each) for each in range(count)]
    total = sum(ctx.gather(*children))
    ctx.progress(7, 10)
    return total


@task("watched-echo")
def watched_echo(value: Any) -> int:
    return len(str(value))
