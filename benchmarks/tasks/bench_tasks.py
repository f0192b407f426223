"""Task functions that do next to nothing: what remains is what taskmill itself costs."""

from typing import Any

from taskmill import Retry, TaskContext, task


@task("noop", timeout_seconds=5.0)
def noop(value: Any) -> int:
    return len(str(value))


@task("second-time", retry=Retry(max_attempts=3, base_seconds=0), timeout_seconds=5.0)
def second_time(_: Any, ctx: TaskContext) -> int:
    """Fails in its first attempt."""
    if ctx.attempt == 1:
        raise RuntimeError("the first attempt fails")
    return ctx.attempt


@task("bench-gathers", timeout_seconds=5.0)
def gathers(elements: list[Any], ctx: TaskContext) -> int:
    """Waits for a child per element."""
    return sum(ctx.gather(noop, elements))


@task("gives", timeout_seconds=5.0)
def gives(element: tuple[int, str]) -> str:
    """A result of so many characters; the rest of the element is ballast."""
    return "x" * element[0]
