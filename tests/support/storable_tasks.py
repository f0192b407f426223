"""Task functions that report, raise and return what no row can hold: the first of `SAID`."""

from typing import Any

from taskmill import Retry, TaskContext, task

SAID: list[Any] = []
RUNS: list[Any] = []


@task("storable-reports")
def reports(value: Any, ctx: TaskContext) -> Any:
    """Reports progress; of several elements, the one numbered 2."""
    RUNS.append(value)
    if value in (None, 2):
        ctx.progress(1, 2, SAID[0])
        ctx.progress(2, 2, SAID[0])
    return value


@task("storable-raises", retry=Retry(max_attempts=1))
def raises(value: Any) -> Any:
    """Raises; of several elements, the one numbered 2."""
    RUNS.append(value)
    if value in (None, 2):
        raise SAID[0]
    return value


@task("returns")
def returns(value: Any) -> Any:
    RUNS.append(value)
    return SAID[0]


@task("storable-starts-with")
def starts_with(value: Any, ctx: TaskContext) -> Any:
    return ctx.run("storable-echoes", SAID[0])


@task("storable-echoes")
def echoes(value: Any) -> Any:
    return value


@task("listens")
def listens(event: Any) -> Any:
    return event["task"]["attributes"].get("error", {}).get("message")


@task("doubles")
def doubles(value: str) -> str:
    RUNS.append(value)
    return value + value
