"""Task functions that between them make every call that a function makes for a task."""

from typing import Any

from taskmill import Retry, TaskContext, task


@task("recorded-echo")
def echo(value: Any) -> Any:
    return value


@task("large")
def large(size: int) -> str:
    """A result too large for a row."""
    return "x" * size


@task("recorded-measure")
def measure(value: str) -> int:
    return len(value)


@task("recorded-fails", retry=Retry(max_attempts=2, base_seconds=3_600, factor=1, jitter="none"))
def fails(_: Any) -> None:
    raise ValueError("always")


@task("recorded-gathers", on_success="recorded-echo")
def gathers(sizes: list[int], ctx: TaskContext) -> int:
    """Children with inputs and results of all sizes; a map, and its results."""
    texts = ctx.gather(large, sizes)
    ctx.gather(measure, texts)
    rows = ctx.map(large, sizes)
    return len(texts) + sum(1 for _ in rows)


@task("recorded-waits")
def waits(_: Any, ctx: TaskContext) -> Any:
    return ctx.gather(fails, [1, 2])


@task("recorded-starts")
def starts(text: str, ctx: TaskContext) -> Any:
    """A child so far ahead that its input must outlive others; and some awaited when they exist."""
    ctx.submit(measure, text, delay_seconds=100 * 86_400)
    return ctx.gather(ctx.submit_many(echo, [1, 2]))


@task("recorded-limited", concurrency=1)
def limited(_: Any = None) -> None:
    pass
