"""Task functions with an expiry or a deadline. `RUNS` notes each call; `DURING` is called in it."""

from collections.abc import Callable
from typing import Any

from taskmill import Retry, TaskContext, task
from taskmill.errors import TaskFailed
from taskmill.testing import InProcessCloud

RUNS: list[Any] = []
DURING: list[Callable[[], Any]] = []
PASSES: list[InProcessCloud] = []  # the cloud whose time a task function lets pass


def lasts(seconds: float) -> None:
    for cloud in PASSES:
        cloud.sleep(seconds)


@task("otp", expires_seconds=60, deadline_seconds=600)
def otp(value: Any = None) -> Any:
    RUNS.append(("otp", value))
    for each in DURING:
        each()
    return value


@task("untimed", retry=Retry(max_attempts=3, base_seconds=100, jitter="none"))
def untimed(value: Any = None) -> Any:
    RUNS.append(("untimed", value))
    return value


@task("fails-twice", retry=Retry(max_attempts=3, base_seconds=100, jitter="none"))
def fails_twice(value: Any, ctx: TaskContext) -> Any:
    RUNS.append(("fails-twice", ctx.attempt))
    if ctx.attempt < 3:
        raise ValueError(f"attempt {ctx.attempt}")
    return value


@task("lasts", retry=Retry(max_attempts=1))
def lasts_long(seconds: float) -> str:
    """Takes virtual time."""
    RUNS.append(("lasts", seconds))
    lasts(seconds)
    return "done"


@task("waits-for", retry=Retry(max_attempts=1))
def waits_for(given: dict[str, Any], ctx: TaskContext) -> Any:
    """Runs a child with options; the text of its failure is the result, if it fails."""
    RUNS.append("waits-for")
    try:
        return ctx.run(given["type"], given.get("input"), **given.get("options", {}))
    except TaskFailed as failed:
        return str(failed.task.status), failed.error.get("type")


@task("waits-later")
def waits_later(seconds: int, ctx: TaskContext) -> Any:
    """Waits for a child that starts in so many seconds."""
    RUNS.append("waits-later")
    return ctx.gather(ctx.submit("untimed", 1, delay_seconds=seconds))


@task("leaves-later")
def leaves_later(seconds: int, ctx: TaskContext) -> str:
    """Returns while its child is open."""
    ctx.submit("untimed", 1, delay_seconds=seconds)
    return "left"


@task("maps-timed", retry=Retry(max_attempts=1))
def maps_timed(given: dict[str, Any], ctx: TaskContext) -> Any:
    try:
        return list(ctx.map("otp", given["inputs"], **given["options"]))
    except TaskFailed as failed:
        return str(failed.task.status), failed.error.get("type")


@task("tells-of-end")
def tells_of_end(event: Any) -> None:
    error = event["task"]["attributes"].get("error") or {}
    RUNS.append(("told", event["task"]["status"], error.get("type")))
