"""Task functions for the tests of handles and of direct runs. `RUNS` notes each call."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from taskmill import Abort, Retry, TaskContext, task
from taskmill.testing import Crash

RUNS: list[Any] = []


class Order(BaseModel):
    number: int
    due: date = date(2030, 1, 1)


@dataclass
class Invoice:
    order: int
    cents: int


@task("bill")
def bill(order: Order) -> Invoice:
    RUNS.append(order.number)
    if order.number < 0:
        raise Abort(f"{order.number} is no order")
    return Invoice(order.number, 100 * order.number)


@task("fill")
def fill(size: int) -> str:
    return "x" * size


@task("untyped")
def untyped(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("counts-up")
def counts_up(to: int, ctx: TaskContext) -> int:
    for step in range(to):
        ctx.progress(step + 1, to, "counting")
    return to


@task("soon-again", retry=Retry(max_attempts=3, base_seconds=2, jitter="none"))
def soon_again(fails: int, ctx: TaskContext) -> int:
    """Fails in its first `fails` attempts; the pauses are 2 and 4 seconds."""
    RUNS.append(ctx.attempt)
    if ctx.attempt <= fails:
        raise ValueError(f"attempt {ctx.attempt} fails")
    return ctx.attempt


@task("much-later", retry=Retry(max_attempts=3, base_seconds=600, jitter="none"))
def much_later(fails: int, ctx: TaskContext) -> int:
    RUNS.append(ctx.attempt)
    if ctx.attempt <= fails:
        raise ValueError(f"attempt {ctx.attempt} fails")
    return ctx.attempt


@task("killed", retry=Retry(max_attempts=3), timeout_seconds=60)
def killed(times: int, ctx: TaskContext) -> str:
    """Its process dies in the first `times` attempts."""
    RUNS.append(ctx.attempt)
    if ctx.attempt <= times:
        raise Crash("killed in mid-task")
    return "survived"


@task("grinds", runner="container")
def grinds(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("sleeps")
async def sleeps(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


@task("asks-others")
def asks_others(numbers: list[int], ctx: TaskContext) -> list[int]:
    """Waits for children, suspended."""
    RUNS.append("asks")
    return ctx.gather(untyped, numbers)


@task("runs-another")
def runs_another(value: Any) -> Any:
    """Has another task run in its own process."""
    return untyped.submit(value, tenant="mbc", execute_now=True).result()


@task("waits-for-another")
def waits_for_another(value: Any) -> Any:
    return untyped.submit(value, tenant="mbc").wait(timeout_seconds=60)


@task("awaits-another")
async def awaits_another(value: Any) -> Any:
    return await untyped.submit(value, tenant="mbc").wait_async(timeout_seconds=60)
