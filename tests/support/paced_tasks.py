"""Task functions under rate limits. `STARTS` has the virtual time and the input of each call."""

from typing import Any

from taskmill import RateLimit, Retry, RetryAfter, TaskContext, task
from taskmill.testing import InProcessCloud

STARTS: list[tuple[int, Any]] = []
CLOUDS: list[InProcessCloud] = []  # whose time passes while a task runs

ten_a_second = RateLimit("ten-a-second", 10, per_seconds=1, burst=5)
by_customer = RateLimit("by-customer", 1, per_seconds=10, burst=1, key="customer")
tokens = RateLimit("tokens", 100, per_seconds=60, burst=50)


def reset(cloud: InProcessCloud) -> None:
    STARTS.clear()
    CLOUDS[:] = [cloud]


def noted(value: Any, seconds: float = 0.05) -> None:
    STARTS.append((CLOUDS[0].clock(), value))
    CLOUDS[0].sleep(seconds)


@task("paced", rate=ten_a_second)
def paced(value: Any = None) -> Any:
    noted(value)
    return value


@task("paced-retried", rate=ten_a_second, retry=Retry(max_attempts=3, base_seconds=0))
def paced_retried(value: Any, ctx: TaskContext) -> Any:
    noted(value)
    if ctx.attempt < 3:
        raise RuntimeError("again")
    return value


@task("paced-by-customer", rate=by_customer)
def paced_by_customer(order: dict[str, Any]) -> str:
    noted(order["customer"])
    return str(order["customer"])


@task("paced-by-size", rate=tokens.units(len))
def paced_by_size(text: str) -> int:
    noted(text)
    return len(text)


@task("paced-returned", rate=ten_a_second, retry=Retry(max_attempts=1))
def paced_returned(value: Any, ctx: TaskContext) -> Any:
    """The first of all calls meets a 429."""
    noted(value, 0)
    if len(STARTS) == 1:
        raise RetryAfter(30, limit=ten_a_second)
    return value


@task("paced-always-returned", retry=Retry(max_attempts=1))
def paced_always_returned(value: Any = None) -> None:
    noted(value, 0)
    raise RetryAfter(1)


@task("paced-corrected", rate=tokens.units(10))
def paced_corrected(used: int, ctx: TaskContext) -> int:
    noted(used, 0)
    ctx.used(tokens, used)
    return used


@task("paced-within", timeout_seconds=600)
def paced_within(units: int, ctx: TaskContext) -> int:
    for _ in range(units):
        with ctx.limit(ten_a_second):
            noted(units, 0)
    return units
