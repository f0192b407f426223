"""Task types to be mapped onto each other; some start children."""

from typing import Any

from taskmill import TaskContext, task

for _name in ("a", "b", "c", "d"):

    @task(_name)
    def does_nothing(_: Any) -> None:
        pass


@task("one-by-one")
def one_by_one(_: Any, ctx: TaskContext) -> None:
    for _each in range(2):
        ctx.run("a")


@task("together")
def together(_: Any, ctx: TaskContext) -> None:
    ctx.gather("a", range(3))


@task("many")
def many(count: int, ctx: TaskContext) -> None:
    ctx.gather("a", range(count))


@task("nested")
def nested(levels: int, ctx: TaskContext) -> None:
    if levels:
        ctx.run("nested", levels - 1)
