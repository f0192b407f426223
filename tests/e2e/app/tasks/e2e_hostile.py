"""Tasks that do everything to harm the process they run in, and some that only work."""

import asyncio
import os
import time
import warnings
from collections.abc import Callable
from typing import Any

from taskmill import Retry, TaskContext, task

ONCE = Retry(max_attempts=1)


def leak() -> str:
    os.environ["LEAKED"] = "yes"
    os.chdir("/")
    warnings.simplefilter("error")
    return "left it"


def throw(error: BaseException) -> Any:
    raise error


WAYS: dict[str, Callable[[], Any]] = {
    "raises": lambda: throw(ValueError("an ordinary error")),
    "exits": lambda: throw(SystemExit(3)),
    "cancels": lambda: throw(asyncio.CancelledError()),
    "interrupts": lambda: throw(KeyboardInterrupt()),
    "hangs": lambda: time.sleep(5),
    "leaks": leak,
    "kills": lambda: os._exit(1),
}


@task("hostile", retry=ONCE, timeout_seconds=0.5)
def hostile(how: str, ctx: TaskContext) -> Any:
    ctx.logger.append_keys(secret=ctx.key.tenant)
    return WAYS[how]()


@task("peaceful", retry=Retry(max_attempts=2, base_seconds=0), timeout_seconds=2.0)
def peaceful(number: int) -> list[Any]:
    return [number, os.environ.get("LEAKED")]
