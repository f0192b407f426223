"""Task functions that run in worker pools. `TRIED` notes what was refused to their parents."""

from typing import Any

from taskmill import Retry, TaskContext, task, wiring
from taskmill.errors import InvalidRequest

ONCE = Retry(max_attempts=1)
TRIED: list[InvalidRequest] = []


@task("in-large", pool="large", timeout_seconds=900)
def in_large(value: Any) -> Any:
    return value


@task("long-in-large", pool="large", timeout_seconds=900)
def long_in_large(seconds: int) -> str:
    wiring.current().sleep(seconds)
    return "done"


@task("in-none")
def in_none(value: Any) -> Any:
    return value


@task("in-typo", pool="larg")
def in_typo(value: Any) -> Any:
    return value


@task("in-gpu", pool="gpu", runner="container")
def in_gpu(value: Any) -> Any:
    return value


@task("in-gpu-by-pool-only", pool="gpu")
def in_gpu_by_pool_only(value: Any) -> Any:
    return value


@task("in-containers", pool="container", timeout_seconds=7_200)
def in_containers(value: Any) -> Any:
    return value


@task("starts-in-large")
def starts_in_large(value: int, ctx: TaskContext) -> Any:
    return ctx.run(in_large, value)


@task("maps-in-large")
def maps_in_large(values: list[int], ctx: TaskContext) -> list[Any]:
    return list(ctx.map(in_large, values))


@task("starts-in-typo", retry=ONCE)
def starts_in_typo(how: str, ctx: TaskContext) -> Any:
    try:
        return ctx.run("in-typo", 1) if how == "run" else ctx.map("in-typo", [1])
    except InvalidRequest as refused:
        TRIED.append(refused)
        raise


@task("starts-urgently", retry=ONCE)
def starts_urgently(how: str, ctx: TaskContext) -> Any:
    child = ctx.submit("in-large", 1, priority="urgent")
    return ctx.gather(child)


@task("then-both", on_success=["in-large", "in-typo"])
def then_both(value: Any) -> Any:
    return value
