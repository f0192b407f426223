"""Task types to be mapped onto each other; some start children."""

from typing import Any

from taskmill import TaskContext, task

for _name in ("A", "B", "C", "D"):

    @task(_name)
    def does_nothing(_: Any) -> None:
        pass


@task("budget-one-by-one")
def one_by_one(_: Any, ctx: TaskContext) -> None:
    for _each in range(2):
        ctx.run("A")


@task("budget-together")
def together(_: Any, ctx: TaskContext) -> None:
    ctx.gather("A", range(3))


@task("budget-many")
def many(count: int, ctx: TaskContext) -> None:
    ctx.gather("A", range(count))


@task("budget-nested")
def nested(levels: int, ctx: TaskContext) -> None:
    if levels:
        ctx.run("budget-nested", levels - 1)
