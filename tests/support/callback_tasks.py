"""Task functions that end in every way, and callbacks. `RUNS` notes what callbacks were told."""

from typing import Any

from taskmill import Abort, Retry, TaskContext, task
from taskmill.callback_models import TaskEnded
from taskmill.testing import Crash

RUNS: list[Any] = []
FAILED_ONCE: set[str] = set()


@task("works")
def works(value: Any) -> Any:
    return value


@task("gives-up")
def gives_up(value: Any) -> None:
    raise Abort("no use")


@task("mends-by-hand", retry=Retry(max_attempts=1))
def mends_by_hand(value: Any, ctx: TaskContext) -> str:
    """Fails until it is retried by hand."""
    if str(ctx.key) not in FAILED_ONCE:
        FAILED_ONCE.add(str(ctx.key))
        raise RuntimeError("not yet")
    return "mended"


@task("kills", retry=Retry(max_attempts=100, base_seconds=0))
def kills(value: Any) -> None:
    """No worker survives it, so that its message ends among the dead letters."""
    raise Crash("out of memory")


@task("has-children")
def has_children(count: int, ctx: TaskContext) -> list[Any]:
    return ctx.gather(works, range(count))


@task("starts-slow")
def starts_slow(_: None, ctx: TaskContext) -> None:
    ctx.submit(works, 1, delay_seconds=3_600)


@task("declares", on_success="told", on_completion=["noted", "told"])
def declares(value: Any) -> Any:
    return value


@task("told")
def told(event: TaskEnded) -> None:
    """A callback with a typed argument."""
    ended = event.task
    RUNS.append(("told", str(ended.key), str(ended.status), ended.run))


@task("noted")
def noted(event: dict[str, Any]) -> None:
    """A callback that takes JSON as it is."""
    ended = event["task"]
    RUNS.append(("noted", f"{ended['pk']}/{ended['sk']}", ended["status"], ended["run"]))


@task("kept", priority="high")
def kept(event: TaskEnded) -> dict[str, Any]:
    """A callback that returns what it was told."""
    dumped: dict[str, Any] = event.task.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dumped


@task("ping")
def ping(_: Any, ctx: TaskContext) -> None:
    RUNS.append(("ping", str(ctx.key)))


@task("pong")
def pong(_: Any, ctx: TaskContext) -> None:
    RUNS.append(("pong", str(ctx.key)))


@task("callback-asks-ours", on_success=["taskmill.bulk", "s"])
def asks_ours() -> None: ...
