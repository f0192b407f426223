"""Task functions that are traced and reported."""

import sentry_sdk
from opentelemetry import trace

from taskmill import Retry, TaskContext, task

TRACER = trace.get_tracer("the application")
INNER: list[trace.Tracer] = []


@task("traced-leaf")
def traced_leaf(value: int) -> int:
    with INNER[0].start_as_current_span("inner"):
        return value


@task("traced-tree", on_success="traced-after")
def traced_tree(value: int, ctx: TaskContext) -> int:
    return sum(ctx.gather(traced_leaf, [value, value])) + sum(ctx.map(traced_leaf, [value, value]))


@task("traced-after")
def traced_after(event: object) -> None:
    pass


@task("traced-fails", retry=Retry(max_attempts=3, base_seconds=1))
def traced_fails(value: int) -> None:
    sentry_sdk.add_breadcrumb(message="about to fail")
    raise ZeroDivisionError(f"no {value}")


@task("traced-says")
def traced_says(value: str) -> None:
    sentry_sdk.capture_message(value)
