"""Task functions for the flow tests. `RUNS` notes each call, so tests can count what ran."""

from typing import Any

from taskmill import Abort, Retry, TaskCancelled, TaskContext, Unique, current_service, task
from taskmill.testing import Crash

RUNS: list[Any] = []
NO_WAIT = Retry(max_attempts=3, base_seconds=0)


@task("echo")
def echo(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("sized")
def sized(size: int) -> str:
    """A result of about `size` bytes."""
    return "x" * max(size - 2, 0)


@task("measure")
def measure(value: Any) -> int:
    return len(value)


@task("flaky", retry=Retry(max_attempts=3, base_seconds=60))
def flaky(fails: int, ctx: TaskContext) -> int:
    """Fails in its first `fails` attempts."""
    RUNS.append((ctx.key.index, ctx.attempt))
    if ctx.attempt <= fails:
        raise ValueError(f"attempt {ctx.attempt} fails")
    return fails


@task("flaky-large", retry=Retry(max_attempts=3, base_seconds=60))
def flaky_large(element: list[Any], ctx: TaskContext) -> int:
    """As `flaky`; beside its number the element has text that fills it."""
    return flaky.function(element[0], ctx)


@task("fails", retry=NO_WAIT)
def fails(value: Any) -> None:
    RUNS.append(value)
    raise RuntimeError("always")


@task("asks-one-that-fails", retry=Retry(max_attempts=1))
def asks_one_that_fails(value: Any, ctx: TaskContext) -> Any:
    """Fails, as its child does."""
    return ctx.run("fails", value)


@task("odd-fails", retry=Retry(max_attempts=1))
def odd_fails(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


@task("odd-aborts", retry=Retry(max_attempts=50, base_seconds=0))
def odd_aborts(value: int) -> int:
    """Fails at once for an odd number; a lost worker costs an attempt and no more."""
    if value % 2:
        raise Abort(f"{value} is odd")
    return value


@task("aborts")
def aborts(value: Any) -> None:
    RUNS.append(value)
    raise Abort("no use")


@task("exits", retry=Retry(max_attempts=1))
def exits(value: Any) -> None:
    raise SystemExit(3)


@task("dies", retry=NO_WAIT)
def dies(times: int, ctx: TaskContext) -> str:
    """Its process dies in the first `times` attempts."""
    RUNS.append(ctx.attempt)
    if ctx.attempt <= times:
        raise Crash("killed in mid-task")
    return "survived"


@task("one-kills", retry=NO_WAIT)
def one_kills(value: str, ctx: TaskContext) -> str:
    """The element "killer" takes the whole process with it, whenever it runs."""
    RUNS.append((ctx.key.index, ctx.attempt))
    if value == "killer":
        raise Crash("out of memory")
    return value


@task("reports")
def reports(steps: int, ctx: TaskContext) -> int:
    for step in range(steps):
        ctx.progress(step + 1, steps, "counting")
    return steps


@task("is-cancelled")
def is_cancelled(_: Any, ctx: TaskContext) -> str:
    """Somebody cancels the task while it runs; it notices at its next progress."""
    RUNS.append("began")
    current_service().cancel(key=ctx.key.parent)
    ctx.progress(1, 2)
    RUNS.append("went on")
    return "late result"


@task("looks")
def looks(_: Any, ctx: TaskContext) -> None:
    """Somebody cancels the task while it runs; it looks for that by itself."""
    current_service().cancel(key=ctx.key.parent)
    RUNS.append(ctx.cancelled)


@task("cancels-itself", retry=Retry(max_attempts=1))
def cancels_itself(_: Any) -> None:
    raise TaskCancelled("says the task function, not the service")


@task("returns-a-set")
def returns_a_function(_: Any) -> Any:
    return echo.function


@task("reads-two-children")
def reads_two_children(ctx: TaskContext) -> int:
    return sum(map(len, ctx.gather("sized", [10, 20])))


@task("reads-a-large-child")
def reads_a_large_child(ctx: TaskContext) -> int:
    return len(ctx.run("sized", 200_000))


@task("submits-unique", retry=Retry(max_attempts=2, base_seconds=0))
def submits_unique(value: int, ctx: TaskContext) -> list[str]:
    """Submits a task that is no child, in both of its attempts; returns the keys."""
    beside = Unique("beside")
    handle = echo.submit(value, tenant=ctx.key.tenant, unique=beside, delay_seconds=600)
    RUNS.append(str(handle.key))
    if ctx.attempt == 1:
        raise RuntimeError("again")
    return [str(each) for each in RUNS[-2:]]
