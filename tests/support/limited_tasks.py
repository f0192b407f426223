"""Tasks with limits of concurrency, for tests; they take 50 ms of virtual time."""

from __future__ import annotations

from typing import Any

from at_a_time import MOST, reset, work

from taskmill import Limit, Retry, TaskContext, task

__all__ = ["MOST", "reset", "work"]


@task("lim-keyed", concurrency=Limit(3, key="key"))
def keyed(given: dict[str, Any]) -> str:
    work(given["key"])
    return str(given["key"])


@task("lim-one", concurrency=1)
def one(number: int) -> int:
    work("lim-one")
    return number


@task("lim-left", concurrency=[Limit(1, name="lim-a"), Limit(1, name="lim-b")])
def left(number: int) -> int:
    work("lim-left")
    return number


@task("lim-right", concurrency=[Limit(1, name="lim-b"), Limit(1, name="lim-a")])
def right(number: int) -> int:
    work("lim-right")
    return number


@task("lim-parent", concurrency=1)
def parent(depth: int, ctx: TaskContext) -> int:
    work("lim-parent")
    return 0 if not depth else 1 + ctx.run(parent, depth - 1)


@task("lim-tenant", concurrency=Limit(20, scope="tenant"))
def tenant_wide(number: int) -> int:
    work("lim-tenant", 1)
    return number


@task("lim-three", concurrency=3)
def three(number: int) -> int:
    work("lim-three")
    return number


@task("lim-fails", concurrency=1, retry=Retry(max_attempts=2, base_seconds=60))
def fails(number: int) -> int:
    work("lim-fails")
    raise RuntimeError(number)


@task("lim-a-alone", concurrency=Limit(1, name="lim-a"))
def a_alone(number: int) -> int:
    return number


@task("lim-family", concurrency=Limit(2, name="lim-family"))
def family(children: int, ctx: TaskContext) -> int:
    started = [ctx.submit(one, each) for each in range(children)]
    return sum(ctx.gather(*started))
