"""Task functions under limits of concurrency and of rate together.

`STARTS` has the virtual time and the input of each attempt, `MOST` the most that ran at a time.
"""

from typing import Any

import at_a_time
from at_a_time import MOST

from taskmill import Limit, RateLimit, Retry, RetryAfter, TaskContext, task
from taskmill.testing import InProcessCloud

__all__ = ["MOST", "STARTS", "reset"]
STARTS: list[tuple[int, Any]] = []

brisk = RateLimit("both-brisk", 10, per_seconds=1, burst=2)
slow = RateLimit("both-slow", 1, per_seconds=60, burst=1, key="customer")
crowd = Limit(2, name="both-crowd")


def reset(cloud: InProcessCloud) -> None:
    STARTS.clear()
    at_a_time.reset(cloud)


def work(gate: str, value: Any, seconds: float) -> None:
    STARTS.append((at_a_time.CLOUDS[0].clock(), value))
    at_a_time.work(gate, seconds)


@task("both-brisk", concurrency=3, rate=brisk, retry=Retry(max_attempts=5, base_seconds=1))
def both_brisk(value: int) -> int:
    work("both-brisk", value, 0.2)
    return value


@task("both-slow", concurrency=crowd, rate=slow)
def both_slow(order: dict[str, Any]) -> str:
    work("both-crowd", order["customer"], 0.5)
    return str(order["customer"])


@task("both-gated-only", concurrency=crowd)
def both_gated_only(value: Any = None) -> Any:
    work("both-crowd", value, 0.5)
    return value


@task("both-returned", concurrency=2, rate=brisk, retry=Retry(max_attempts=1))
def both_returned(value: Any, ctx: TaskContext) -> Any:
    """The first of all calls meets a 429."""
    work("both-returned", value, 0.05)
    if len(STARTS) == 1:
        raise RetryAfter(60, limit=brisk)
    return value
