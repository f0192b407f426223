"""Task functions for the tests of the client and the command line."""

from taskmill import Abort, TaskContext, task


@task("double")
def double(number: int) -> int:
    if number < 0:
        raise Abort(f"{number} is negative")
    return 2 * number


@task("repeat")
def repeat(times: int) -> str:
    return "x" * times


@task("double-all")
def doubles(numbers: list[int], ctx: TaskContext) -> int:
    ctx.gather([(double, 1)])
    return len(ctx.map(double, numbers))
