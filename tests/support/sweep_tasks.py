"""Task functions for the tests of the sweep, beside those of `flow_tasks`."""

from flow_tasks import echo

from taskmill import TaskContext, task


@task("contained", runner="container")
def contained(value: str) -> str:
    return value


@task("sweep-gathers")
def gathers(values: list[int], ctx: TaskContext) -> list[int]:
    return ctx.gather(echo, values)


@task("sweep-leaves-a-child")
def leaves_a_child(value: int, ctx: TaskContext) -> str:
    """Starts a child and does not wait for it."""
    ctx.submit(echo, value)
    return "left"
