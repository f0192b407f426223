"""Task functions during whose run AWS fails for a while. `outages.NOW` holds the outage."""

import asyncio
import threading
from typing import Any

import outages

from taskmill import Retry, TaskContext, task

TOGETHER = threading.Barrier(3)
RUNS: list[Any] = []
TOLD: list[Any] = []


@task("tells", retry=Retry(max_attempts=1))
def tells(steps: int, ctx: TaskContext) -> str:
    """Reports while AWS fails; the outage ends before it returns."""
    RUNS.append(ctx.key.index)
    outages.NOW[0].begin()
    for step in range(steps):
        ctx.progress(step + 1, steps)
    TOLD.append(ctx.cancelled)
    outages.NOW[0].end()
    return "done"


@task("tells-and-fails", retry=Retry(max_attempts=2, base_seconds=0))
def tells_and_fails(_: Any, ctx: TaskContext) -> str:
    if ctx.attempt == 1:
        outages.NOW[0].begin(calls=1)
        ctx.progress(7, 9)
        raise ValueError("not yet")
    return "done"


@task("ends-in-an-outage", retry=Retry(max_attempts=1))
def ends_in_an_outage(calls: int, ctx: TaskContext) -> str:
    """Returns while AWS fails, for the next so many calls."""
    RUNS.append(ctx.key.index)
    outages.NOW[0].begin(calls=calls)
    return "x" * 5_000


@task("fails-in-an-outage", retry=Retry(max_attempts=1))
def fails_in_an_outage(calls: int, ctx: TaskContext) -> None:
    RUNS.append(ctx.key.index)
    outages.NOW[0].begin(calls=calls)
    raise ValueError("its own")


@task("answer-lost", retry=Retry(max_attempts=1))
def answer_lost(_: Any, ctx: TaskContext) -> str:
    """The answer to its report is lost, the report is not."""
    RUNS.append(ctx.key.index)
    outages.NOW[0].begin(calls=1, answer_lost=True)
    ctx.progress(1, 2)
    outages.NOW[0].end()
    return "done"


@task("spawns", retry=Retry(max_attempts=1))
def spawns(how: str, ctx: TaskContext) -> Any:
    """AWS fails three times in each of the calls that start children and wait for them."""
    RUNS.append(how)
    if RUNS.count(how) <= 2:
        outages.NOW[0].begin(calls=3)
    if how == "run":
        return ctx.run("blip-leaf", 1)
    if how == "gather":
        return sum(ctx.gather(leaf, [1, 2, 3]))
    if how == "submit":
        ctx.submit(leaf, 1)
        return "submitted"
    return list(ctx.map(leaf, [1, 2, 3]))


@task("blip-leaf")
def leaf(value: int) -> int:
    return value


@task("leaf-of-text", retry=Retry(max_attempts=1))
def leaf_of_text(text: str) -> int:
    return len(text)


@task("tells-async", retry=Retry(max_attempts=1))
async def tells_async(steps: int, ctx: TaskContext) -> str:
    """Reports while AWS fails, as two others do; the outage begins and ends for all of them.

    Virtual time passes while one waits for AWS: leases of others would end in a longer outage.
    """
    await asyncio.to_thread(TOGETHER.wait, 30)
    outages.NOW[0].begin()
    for step in range(steps):
        ctx.progress(step + 1, steps)
    await asyncio.to_thread(TOGETHER.wait, 30)
    outages.NOW[0].end()
    return "done"
