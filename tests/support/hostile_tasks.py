"""Tasks of two tenants on one worker: some do everything that harms a process, the others work."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from taskmill import Abort, Retry, TaskContext, task
from taskmill.testing import Crash

TWICE = Retry(max_attempts=2, base_seconds=0)
SEEN: list[dict[str, Any]] = []  # what the peaceful tasks found around them


class Odd(BaseException):
    """No `Exception`, and hard to print."""

    def __str__(self) -> str:
        raise RuntimeError("not even its text")


def everything_is_left() -> None:
    """Leaves behind what a process shares."""
    os.environ["LEAKED"] = "yes"
    os.chdir("/")
    warnings.simplefilter("error")
    logging.getLogger().setLevel(logging.DEBUG)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.alarm(0)


@task("hostile", retry=TWICE, timeout_seconds=30)
def hostile(how: str, ctx: TaskContext) -> Any:
    ctx.logger.append_keys(secret=f"of {ctx.key.tenant}")
    if how == "recurses":
        return hostile.function(how, ctx)
    if how in RAISED:
        raise RAISED[how]
    return LEFT[how]()


RAISED: dict[str, BaseException] = {
    "raises": ValueError("an ordinary error \ud800"),
    "aborts in a group": ExceptionGroup("several", [ValueError("one"), Abort("no use")]),
    "exits": SystemExit(3),
    "interrupts": KeyboardInterrupt(),
    "cancels": asyncio.CancelledError(),
    "generator exit": GeneratorExit(),
    "is odd": Odd(),
    "kills": Crash("out of memory"),
}
LEFT: dict[str, Callable[[], Any]] = {
    "leaks": everything_is_left,
    "odd result": lambda: {1, 2, object()},
}
HOWS = [each for each in (*RAISED, *LEFT, "recurses") if each != "kills"]


@task("hostile-async", retry=TWICE, timeout_seconds=30)
async def hostile_async(how: str, ctx: TaskContext) -> Any:
    await asyncio.sleep(0)
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop().create_task(asyncio.sleep(3_600), name="left behind")
    return hostile.function(how, ctx)


@task("hostile-hangs", retry=Retry(max_attempts=1), timeout_seconds=1)
def hangs(_: None) -> None:
    """Past its time, and past what it is told then."""
    with contextlib.suppress(BaseException):
        time.sleep(60)


@task("peaceful", retry=TWICE, timeout_seconds=30)
def peaceful(number: int, ctx: TaskContext) -> int:
    SEEN.append(
        {
            "number": number,
            "leaked": os.environ.get("LEAKED"),
            "cwd": os.getcwd(),  # noqa: PTH109  # not resolved: as it is
            "level": logging.getLogger().level,
            "alarm": str(signal.getsignal(signal.SIGALRM)),
            "keys": sorted(ctx.logger.get_current_keys()),
        }
    )
    return number * 2


@task("peaceful-async", retry=TWICE, timeout_seconds=30)
async def peaceful_async(number: int, ctx: TaskContext) -> int:
    await asyncio.sleep(0)
    return peaceful.function(number, ctx)
