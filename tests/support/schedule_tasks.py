"""Task functions for the tests of schedules. `RAN` notes what ran, and when (virtual epoch ms)."""

from typing import Any

from taskmill import Retry, TaskContext, current_service, task, wiring

RAN: list[tuple[Any, int]] = []


def note(value: Any) -> None:
    RAN.append((value, current_service().clock()))


@task("timed-note")
def note_value(value: Any) -> None:
    note(value)


@task("hourly-retry", retry=Retry(max_attempts=3, base_seconds=3_600, factor=1, jitter="none"))
def hourly_retry(fails: int, ctx: TaskContext) -> None:
    note(ctx.attempt)
    if ctx.attempt <= fails:
        raise ValueError(f"attempt {ctx.attempt} fails")


@task("timed-nap")
def nap(seconds: float) -> None:
    wiring.current().sleep(seconds)
