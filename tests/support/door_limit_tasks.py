"""Task functions with limits, and tasks that start them by every door.

`STARTS` has type and virtual time of each attempt, `MOST` the most of a type that ran at a time.
"""

from typing import Any

import at_a_time
from at_a_time import MOST

from taskmill import RateLimit, Retry, TaskContext, task
from taskmill.testing import InProcessCloud

__all__ = ["FAILING", "MOST", "STARTS", "reset"]
STARTS: list[tuple[str, int]] = []
FAILING: list[str] = []  # types whose attempts fail

seldom = RateLimit("door-seldom", 1, per_seconds=10, burst=1)


def reset(cloud: InProcessCloud) -> None:
    STARTS.clear()
    at_a_time.reset(cloud)
    FAILING.clear()


def work(task_type: str) -> None:
    STARTS.append((task_type, at_a_time.CLOUDS[0].clock()))
    at_a_time.work(task_type, 0.3)
    if task_type in FAILING:
        raise RuntimeError("as asked")


@task("door-gated", concurrency=1, retry=Retry(max_attempts=1))
def door_gated(value: Any = None) -> None:
    work("door-gated")


@task("door-gated-pooled", concurrency=1, pool="door-pool", retry=Retry(max_attempts=1))
def door_gated_pooled(value: Any = None) -> None:
    work("door-gated-pooled")


@task("door-paced", rate=seldom, retry=Retry(max_attempts=1))
def door_paced(value: Any = None) -> None:
    work("door-paced")


@task("door-held", retry=Retry(max_attempts=1))
def door_held(value: Any = None) -> None:
    work("door-held")


@task("door-limited-gather")
def limited_gather(given: dict[str, Any], ctx: TaskContext) -> None:
    ctx.gather(given["type"], list(range(given["count"])))


@task("door-limited-children")
def limited_children(given: dict[str, Any], ctx: TaskContext) -> None:
    for each in range(given["count"]):
        ctx.submit(given["type"], each)


@task("door-limited-map", timeout_seconds=600)
def limited_map(given: dict[str, Any], ctx: TaskContext) -> None:
    ctx.map(given["type"], list(range(given["count"])))


@task("door-limited-source")
def limited_source(value: Any = None) -> None:
    pass
