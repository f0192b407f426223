"""Task functions whose attempts a middleware is told of."""

import asyncio
import threading
import time
from contextvars import ContextVar

from taskmill import (
    AttemptInfo,
    Middleware,
    Retry,
    Submission,
    TaskContext,
    current_service,
    task,
)

SEEN: ContextVar[str] = ContextVar("seen", default="nothing")
TOLD: list[str] = []
THREADS: list[threading.Thread] = []


class Told(Middleware):
    """Notes each call."""

    def before_submit(self, submission: Submission) -> None:
        kind = "fan-out" if submission.is_fan_out else "task"
        TOLD.append(f"submit {kind} {submission.task_type}")
        submission.log_ids.setdefault("trace", "t-1")

    def before_attempt(self, attempt: AttemptInfo) -> None:
        TOLD.append(f"before {attempt.type} {attempt.attempt} {attempt.log_ids.get('trace')}")
        THREADS.append(threading.current_thread())
        SEEN.set(str(attempt.key))

    def after_attempt(self, attempt: AttemptInfo) -> None:
        assert SEEN.get() == str(attempt.key)
        TOLD.append(f"after {attempt.type} {attempt.attempt}")

    def failed_attempt(self, attempt: AttemptInfo, error: BaseException, *, is_final: bool) -> None:
        end = "final" if is_final else "retried"
        TOLD.append(f"failed {attempt.type} {attempt.attempt} {type(error).__name__} {end}")

    def stopped_attempt(self, attempt: AttemptInfo) -> None:
        TOLD.append(f"stopped {attempt.type} {attempt.attempt}")


@task("hooked")
def hooked(value: str, ctx: TaskContext) -> str:
    THREADS.append(threading.current_thread())
    return SEEN.get()


@task("hooked-async")
async def hooked_async(value: str) -> str:
    await asyncio.sleep(0)
    return SEEN.get()


@task("hooked-fails", retry=Retry(max_attempts=2, base_seconds=1))
def hooked_fails(value: str) -> None:
    raise ValueError(value)


@task("hooked-late", timeout_seconds=1, retry=Retry(max_attempts=1))
def hooked_late(value: str) -> None:
    time.sleep(5)


@task("hooked-parent")
def hooked_parent(value: str, ctx: TaskContext) -> list[str]:
    return [*ctx.gather(hooked, [value, value]), *ctx.map(hooked, [value])]


@task("hooked-source", on_success="hooked-callback")
def hooked_source(value: str) -> None:
    pass


@task("hooked-callback")
def hooked_callback(value: object) -> None:
    pass


@task("hooked-unstorable")
def hooked_unstorable(value: str) -> object:
    return object()


@task("hooked-cancelled")
def hooked_cancelled(value: str, ctx: TaskContext) -> None:
    current_service().cancel(key=ctx.key)
    ctx.progress(1, 2)
