"""Task functions for the tests of single parts. `CALLS` notes what ran."""

import time
from typing import Any

from taskmill import Abort, Retry, TaskContext, task

CALLS: list[Any] = []


@task("export")
def export(value: Any) -> Any:
    CALLS.append(value)
    return value


@task("slow", timeout_seconds=0.05, retry=Retry(max_attempts=1))
def slow(seconds: float) -> str:
    try:
        time.sleep(seconds)
    except Exception:  # noqa: BLE001  # the time limit must not be caught by accident
        return "swallowed"
    return "slept"


@task("minute-long", timeout_seconds=60)
def minute_long(value: Any) -> Any:
    CALLS.append(value)
    return value


@task("broken", retry=Retry(max_attempts=2, base_seconds=100, jitter="none"))
def broken(value: Any, ctx: TaskContext) -> None:
    CALLS.append(ctx.attempt)
    raise LookupError(f"no {value}")


@task("hopeless")
def hopeless(_: Any) -> None:
    raise Abort("give up")


@task("talkative")
def talkative(steps: int, ctx: TaskContext) -> int:
    for step in range(steps):
        ctx.progress(step + 1, steps)
    return steps


@task("declared", on_success="mail", runner="container", priority="high")
def declared(value: Any) -> Any:
    return value
