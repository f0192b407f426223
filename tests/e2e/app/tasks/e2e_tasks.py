"""Task functions that behave well, badly and worse."""

import os
import signal
import time
from typing import Any

from pydantic import BaseModel

from taskmill import Abort, Retry, TaskContext, task

ONCE = Retry(max_attempts=1)
QUICK = Retry(max_attempts=3, base_seconds=0)
SECONDS = 2.0  # of every task here: batches stop early enough to run another


class Amount(BaseModel):
    value: int


@task("echo", timeout_seconds=SECONDS)
def echo(value: Any) -> Any:
    return value


@task("big-echo", timeout_seconds=4.0)
def big_echo(value: Any) -> Any:
    return value


@task("in-a-pool", pool="large", timeout_seconds=SECONDS)
def in_a_pool(_: Any) -> str:
    return os.environ["AWS_LAMBDA_FUNCTION_NAME"]


@task("starts-in-a-pool", timeout_seconds=SECONDS)
def starts_in_a_pool(_: Any, ctx: TaskContext) -> list[str]:
    return [os.environ["AWS_LAMBDA_FUNCTION_NAME"], ctx.run(in_a_pool, None)]


@task("in-an-unknown-pool", pool="larg", timeout_seconds=SECONDS)
def in_an_unknown_pool(value: Any) -> Any:
    return value


@task("typed", timeout_seconds=SECONDS)
def typed(amount: Amount) -> Amount:
    return Amount(value=amount.value * 2)


@task("context", timeout_seconds=SECONDS)
def context(_: Any, ctx: TaskContext) -> dict[str, Any]:
    ctx.logger.info("seen in the log", marker=ctx.key.code)
    return {"key": ctx.key.as_dict(), "attempt": ctx.attempt, "process": os.getpid()}


@task("odd-fails", retry=ONCE, timeout_seconds=SECONDS)
def odd_fails(value: int) -> int:
    time.sleep(0.01)  # so that somebody who looks sees a fan-out on its way
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value


@task("flaky", retry=QUICK, timeout_seconds=SECONDS)
def flaky(fails: int, ctx: TaskContext) -> int:
    """Fails in its first `fails` attempts."""
    if ctx.attempt <= fails:
        raise RuntimeError(f"attempt {ctx.attempt} fails")
    return ctx.attempt


@task("later", retry=Retry(max_attempts=2, base_seconds=15, jitter="none"), timeout_seconds=SECONDS)
def later(fails: int, ctx: TaskContext) -> int:
    """As `flaky`, but its second attempt comes so late that no function waits for it."""
    return flaky.function(fails, ctx)


@task("patient", retry=Retry(max_attempts=2, base_seconds=120, jitter="none"))
def patient(_: Any) -> None:
    """Shows ERRORED for two minutes between its attempts."""
    raise RuntimeError("try again later")


@task("aborts", timeout_seconds=SECONDS)
def aborts(_: Any) -> None:
    raise Abort("no use")


@task("silent-error", retry=ONCE, timeout_seconds=SECONDS)
def silent_error(_: Any) -> None:
    raise KeyError


@task("slow", retry=ONCE, timeout_seconds=4.0)
def slow(seconds: float, ctx: TaskContext) -> float:
    """Works in ten steps and tells of each."""
    for step in range(10):
        ctx.progress(step, 10, f"step {step}")
        time.sleep(seconds / 10)
    return seconds


@task("sleeps", retry=ONCE, timeout_seconds=1.0)
def sleeps(seconds: float) -> str:
    try:
        time.sleep(seconds)
    except Exception:  # noqa: BLE001  # a time limit must not be caught by accident
        return "swallowed"
    return "slept"


@task("dies-once", retry=QUICK, timeout_seconds=1.0)
def dies_once(_: Any, ctx: TaskContext) -> str:
    """Its process is killed in the first attempt."""
    if ctx.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


@task("dies", retry=Retry(max_attempts=2, base_seconds=0), timeout_seconds=SECONDS)
def dies(_: Any) -> None:
    os._exit(1)


@task("dies-for-ever", retry=Retry(max_attempts=1_000, base_seconds=0), timeout_seconds=1.0)
def dies_for_ever(_: Any) -> None:
    """Never out of attempts: only the queue puts an end to it."""
    os._exit(1)


@task("kills-its-worker", retry=Retry(max_attempts=2, base_seconds=0), timeout_seconds=1.0)
def kills_its_worker(value: str) -> str:
    """As a subtask: the element "killer" takes the whole process with it."""
    if value == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    return value


@task("hangs", retry=ONCE, timeout_seconds=1.0)
def hangs(value: str) -> str:
    """Does not hear its time limit, so that Lambda has to stop the function."""
    if value == "hang":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGURG})  # of the time limit
        time.sleep(60)
    return value
