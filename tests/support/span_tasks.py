"""Tasks that take a while in virtual time, and tasks that meet others of their kind."""

import asyncio
import time
from typing import Any

from taskmill import Retry, task
from taskmill.testing import Crash, InProcessCloud

ONCE = Retry(max_attempts=1)
CLOUD: list[InProcessCloud] = []  # the one in use
RUNS: list[Any] = []  # inputs, in the order of their starts
BESIDE: list[int] = []  # how many ran at the time of each start, itself included
_NOW: list[Any] = []


def reset(cloud: InProcessCloud) -> None:
    CLOUD[:] = [cloud]
    for each in (RUNS, BESIDE, _NOW):
        each.clear()


def _sleep(number: Any, seconds: float) -> Any:
    _NOW.append(number)
    RUNS.append(number)
    BESIDE.append(len(_NOW))
    try:
        CLOUD[0].sleep(seconds)
    finally:
        _NOW.remove(number)
    return number


@task("span", timeout_seconds=280)
def span(arg: Any) -> Any:
    """`[number, seconds]`: sleeps so long."""
    return _sleep(*arg)


@task("span-of-minutes", timeout_seconds=700, pool="long")
def span_of_minutes(arg: Any) -> Any:
    return _sleep(*arg)


@task("span-in-threads", timeout_seconds=280, parallel=3)
def span_in_threads(arg: Any) -> Any:
    return _sleep(*arg)


@task("span-kills", retry=Retry(max_attempts=3, base_seconds=0))
def span_kills(number: int) -> None:
    RUNS.append(number)
    BESIDE.append(len(_NOW) + 1)
    raise Crash("no memory")


@task("counts-beside", retry=ONCE, parallel=4)
async def counts_beside(number: int) -> int:
    return await _beside(number)


@task("counts-beside-by-default", retry=ONCE)
async def counts_beside_by_default(number: int) -> int:
    return await _beside(number)


@task("counts-beside-in-threads", retry=ONCE, parallel=2)
def counts_beside_in_threads(number: int) -> int:
    return asyncio.run(_beside(number))


@task("counts-beside-plainly", retry=ONCE)
def counts_beside_plainly(number: int) -> int:
    return asyncio.run(_beside(number))


@task("mixed-async", retry=Retry(max_attempts=2, base_seconds=0), timeout_seconds=20)
async def mixed_async(how: str) -> str:
    """Sleeps, raises, retries once, kills its worker or blocks the event loop, as it is told."""
    RUNS.append(how)
    await asyncio.sleep(0.02)
    if how == "raises" or (how == "fails once" and RUNS.count(how) == 1):
        raise ValueError(how)
    if how == "kills":
        raise Crash("no memory")
    return how


@task("blocks-or-sleeps", retry=ONCE, timeout_seconds=0.8)
async def blocks_or_sleeps(how: str) -> str:
    if how == "blocks":
        time.sleep(4)  # noqa: ASYNC251  # as some task code does
    await asyncio.sleep(0.1)
    return how


async def _beside(number: int) -> int:
    _NOW.append(number)
    BESIDE.append(len(_NOW))
    await asyncio.sleep(0.05)
    _NOW.remove(number)
    return number
