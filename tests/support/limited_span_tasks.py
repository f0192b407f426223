"""Limited tasks that take seconds and minutes of virtual time; some kill their worker halfway."""

from __future__ import annotations

from typing import Any

from taskmill import RateLimit, Retry, TaskContext, task
from taskmill.testing import Crash, InProcessCloud

CLOUD: list[InProcessCloud] = []  # the one in use
SPANS: list[list[Any]] = []  # number, begin and end of each attempt in epoch ms; None: it runs
TWICE = Retry(max_attempts=2, base_seconds=0)
a_second = RateLimit("span-a-second", 1, per_seconds=1, burst=1)


def reset(cloud: InProcessCloud) -> None:
    CLOUD[:] = [cloud]
    SPANS.clear()


def _span(number: int, seconds: float) -> int:
    span = [number, CLOUD[0].clock(), None]
    SPANS.append(span)
    try:
        CLOUD[0].sleep(seconds)
    finally:
        span[2] = CLOUD[0].clock()
    return number


@task("span-limited", concurrency=4, timeout_seconds=280)
def limited(arg: Any) -> int:
    return _span(*arg)


@task("span-limited-minutes", concurrency=4, timeout_seconds=700, pool="long")
def limited_minutes(arg: Any) -> int:
    return _span(*arg)


@task("span-paced", rate=a_second, timeout_seconds=280)
def paced(arg: Any) -> int:
    return _span(*arg)


@task("span-paced-minutes", rate=a_second, timeout_seconds=700, pool="long")
def paced_minutes(arg: Any) -> int:
    return _span(*arg)


@task("span-limited-dies", concurrency=4, retry=TWICE, timeout_seconds=280)
def limited_dies(arg: Any, ctx: TaskContext) -> int:
    """Every tenth kills its worker halfway through its first attempt."""
    number, seconds = arg
    if number % 10 == 3 and ctx.attempt == 1:
        _span(number, seconds / 2)
        raise Crash("no memory")
    return _span(number, seconds)


@task("span-one-dies", concurrency=1, retry=TWICE, timeout_seconds=280)
def one_dies(arg: Any, ctx: TaskContext) -> int:
    return limited_dies.function(arg, ctx)
