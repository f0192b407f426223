"""Task functions that fail for a reason of their own, and then end for another."""

from typing import Any

from taskmill import Retry, TaskContext, task
from taskmill.testing import Crash


@task("reason-raises", retry=Retry(max_attempts=3, base_seconds=60, jitter="none"))
def raises(_: Any) -> None:
    raise ValueError("its own")


@task("raises-then-dies", retry=Retry(max_attempts=2, base_seconds=0))
def raises_then_dies(_: Any, ctx: TaskContext) -> None:
    if ctx.attempt == 1:
        raise ValueError("its own")
    raise Crash("the worker is gone")


@task("reason-dies", retry=Retry(max_attempts=2, base_seconds=0))
def dies(_: Any) -> None:
    raise Crash("the worker is gone")


@task("reason-told")
def told(payload: dict[str, Any]) -> Any:
    """A callback: what it was told of the error."""
    return payload["task"]["attributes"]["error"]
