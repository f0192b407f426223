"""Task functions with limits, and tasks that start them by every door.

`STARTS` has type and virtual time of each attempt, `MOST` the most of a type that ran at a time.
"""

from collections import Counter
from typing import Any

from taskmill import RateLimit, Retry, TaskContext, task
from taskmill.testing import InProcessCloud

STARTS: list[tuple[str, int]] = []
CLOUDS: list[InProcessCloud] = []  # whose time passes while a task runs
NOW: Counter[str] = Counter()
MOST: Counter[str] = Counter()
FAILING: list[str] = []  # types whose attempts fail

seldom = RateLimit("door-seldom", 1, per_seconds=10, burst=1)


def reset(cloud: InProcessCloud) -> None:
    STARTS.clear()
    CLOUDS[:] = [cloud]
    NOW.clear()
    MOST.clear()
    FAILING.clear()


def work(task_type: str) -> None:
    STARTS.append((task_type, CLOUDS[0].clock()))
    NOW[task_type] += 1
    MOST[task_type] = max(MOST[task_type], NOW[task_type])
    try:
        CLOUDS[0].sleep(0.3)
    finally:
        NOW[task_type] -= 1
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
