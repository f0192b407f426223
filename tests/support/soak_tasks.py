"""Task functions of real kinds for the soak, and one that leaks."""

import asyncio
import time
from typing import Any

from taskmill import Retry, TaskContext, task

NOW = Retry(max_attempts=2, base_seconds=0)
LEAKED: list[bytearray] = []
LEAK_BYTES = 1_024  # a task


@task("soak-async", timeout_seconds=5)
async def soak_async(value: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0.001)
    return value


@task("soak-sync", timeout_seconds=5)
def soak_sync(value: int, ctx: TaskContext) -> str:
    ctx.progress(1, 2, "half")
    ctx.logger.append_keys(value=value)
    return "x" * (value % 500)


@task("soak-large", timeout_seconds=5)
def soak_large(value: int) -> str:
    """Its result is stored in the bucket."""
    return "x" * (20_000 + value % 100)


@task("soak-late", timeout_seconds=0.01, retry=Retry(max_attempts=1))
def soak_late(_: int) -> None:
    while True:
        time.sleep(0.002)


@task("soak-fails", retry=NOW)
def soak_fails(value: int) -> None:
    raise ValueError(f"{value} does not please")


@task("soak-parent", timeout_seconds=5)
def soak_parent(value: int, ctx: TaskContext) -> list[int]:
    return ctx.gather(soak_leaf, [value, value + 1])


@task("soak-leaf", timeout_seconds=5, deadline_seconds=600)
def soak_leaf(value: int) -> int:
    return value


@task("soak-leaks")
def soak_leaks(_: int) -> None:
    LEAKED.append(bytearray(LEAK_BYTES))
