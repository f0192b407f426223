"""Task functions whose next attempt is hours away. `RUNS` notes who ran, in what attempt, when."""

from taskmill import Retry, TaskContext, task
from taskmill.wiring import current

RUNS: list[tuple[int, int, int]] = []  # index, attempt, epoch milliseconds


@task("hours-later", retry=Retry(max_attempts=3, base_seconds=7_200, jitter="none"))
def hours_later(fails: int, ctx: TaskContext) -> int:
    return _run(fails, ctx)


@task("some-time-later", retry=Retry(max_attempts=2, base_seconds=300, jitter="full"))
def some_time_later(fails: int, ctx: TaskContext) -> int:
    return _run(fails, ctx)


def _run(fails: int, ctx: TaskContext) -> int:
    RUNS.append((ctx.key.index or 0, ctx.attempt, current().clock()))
    if ctx.attempt <= fails:
        raise ConnectionError(f"attempt {ctx.attempt} fails")
    return fails
