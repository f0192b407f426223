"""Task functions for the tests of worker and consumer: some run side by side, some never return."""

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

from taskmill import Retry, TaskContext, task
from taskmill.testing import Crash

ONCE = Retry(max_attempts=1)
RUNS: list[Any] = []  # what ran, in order
LATER: list[Any] = []  # what code that was left behind came to
TEN = threading.Barrier(10)
STARTED = threading.Semaphore(0)  # a task that waits has begun
GO = threading.Event()  # lets them all end


def reset() -> None:
    RUNS.clear()
    LATER.clear()
    TEN.reset()
    GO.clear()
    while STARTED.acquire(blocking=False):
        pass


@task("note")
def note(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("ten-meet", retry=ONCE)
async def ten_meet(value: Any, ctx: TaskContext) -> Any:
    """Ends when ten of it run at a time."""
    await asyncio.to_thread(TEN.wait, 20)
    ctx.logger.info("met", value=value)
    RUNS.append(value)
    return value


@task("counts-others", retry=ONCE)
async def counts_others(_: Any) -> int:
    """How many of it run beside this one, itself included."""
    RUNS.append("in")
    await asyncio.sleep(0.1)
    beside = RUNS.count("in") - RUNS.count("out")
    RUNS.append("out")
    return beside


@task("two-at-a-time", retry=ONCE, parallel=2)
def two_at_a_time(_: Any) -> int:
    """The same for a plain function of which two may run at a time."""
    RUNS.append("in")
    time.sleep(0.05)
    beside = RUNS.count("in") - RUNS.count("out")
    RUNS.append("out")
    return beside


@task("two-wait", retry=ONCE, parallel=2)
def two_wait(value: Any) -> Any:
    """Two of it wait until they may go on; the others wait for their end."""
    STARTED.release()
    GO.wait(20)
    return value


@task("awaits-for-ever", timeout_seconds=0.1, retry=ONCE)
async def awaits_for_ever(_: Any) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        LATER.append("cleared up")


@task("sleeps-on", timeout_seconds=0.1, retry=ONCE)
async def sleeps_on(_: Any, ctx: TaskContext) -> str:
    """Code that cannot be interrupted; afterwards it tries to write."""
    with suppress(BaseException):
        time.sleep(0.5)  # noqa: ASYNC251  # as some task code does
    for write in (lambda: ctx.progress(1, 2), lambda: ctx.submit("note", 1)):
        try:
            LATER.append(write())
        except Exception as refused:  # noqa: BLE001  # the test's to look at
            LATER.append(type(refused).__name__)
    return "too late"


@task("holds-up", timeout_seconds=0.1, retry=ONCE)
async def holds_up(_: Any) -> None:
    """Blocks the event loop that others share for longer than it may."""
    time.sleep(4)  # noqa: ASYNC251  # as some task code does


@task("async-tenth", timeout_seconds=0.8, retry=ONCE)
async def async_tenth(_: Any) -> None:
    await asyncio.sleep(0.1)


@task("async-minute", timeout_seconds=60)
async def async_minute(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("async-dies", retry=Retry(max_attempts=3, base_seconds=0))
async def async_dies(_: Any, ctx: TaskContext) -> str:
    RUNS.append(ctx.attempt)
    if ctx.attempt == 1:
        raise Crash("killed in mid-task")
    return "survived"


@task("boxed", runner="container", retry=ONCE)
def boxed(value: Any) -> Any:
    return value


@task("waits", timeout_seconds=86_400, runner="container")
def waits(value: Any, ctx: TaskContext) -> Any:
    """Runs until it may go, or was cancelled."""
    RUNS.append(("began", value, ctx.attempt))
    STARTED.release()
    while not GO.wait(0.01):
        if ctx.cancelled:
            RUNS.append(("cancelled", value))
            return None
    RUNS.append(("ended", value, ctx.attempt))
    return value


@task("looks-at-the-end", timeout_seconds=900)
def looks_at_the_end(_: Any, ctx: TaskContext) -> None:
    STARTED.release()
    GO.wait(30)
    RUNS.append(("cancelled", ctx.cancelled))


@task("dies-once", retry=Retry(max_attempts=3, base_seconds=0))
def dies_once(_: Any, ctx: TaskContext) -> str:
    RUNS.append(ctx.attempt)
    if ctx.attempt == 1:
        raise Crash("killed in mid-task")
    return "survived"


@task("hangs", timeout_seconds=0.05, retry=ONCE)
def hangs(_: Any) -> None:
    while True:
        pass


@task("naps", timeout_seconds=0.05, retry=ONCE)
def naps(_: Any) -> None:
    time.sleep(3_600)


@task("later", retry=Retry(max_attempts=2, base_seconds=100, jitter="none"))
def later(value: Any, ctx: TaskContext) -> Any:
    if ctx.attempt == 1:
        raise ValueError("not yet")
    return value


@task("ends-soon")
def ends_soon(_: Any) -> None:
    STARTED.release()
    time.sleep(0.5)


@task("never-ends", timeout_seconds=86_400, runner="container")
def never_ends(_: Any) -> None:
    STARTED.release()
    while True:
        time.sleep(3_600)


@task("brief")
def brief(number: int) -> None:
    time.sleep(0.002 + number % 7 / 1000)


@task("waits-a-minute", timeout_seconds=60)
def waits_a_minute(_: Any) -> None:
    STARTED.release()
    GO.wait(30)
