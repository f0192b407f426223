"""Tasks that take a while, as real ones do: they wait, and note when they begin and end.

The task of Celery, in `peers/celery_app`, does the same.
"""

import asyncio
import os
import time
from pathlib import Path

from taskmill import task

Order = tuple[str, int, float]
"""The file of the notes, the number of the task, and the seconds that it takes."""


@task("bench-works", timeout_seconds=120.0)
def works(order: Order) -> int:
    file, number, seconds = order
    _note(file, f"begin {number} {time.time()} {os.getpid()}")
    time.sleep(seconds)
    _note(file, f"end {number} {time.time()} {os.getpid()}")
    return number


@task("bench-works-async", timeout_seconds=120.0)
async def works_async(order: Order) -> int:
    file, number, seconds = order
    _note(file, f"begin {number} {time.time()} {os.getpid()}")
    await asyncio.sleep(seconds)
    _note(file, f"end {number} {time.time()} {os.getpid()}")
    return number


def _note(file: str, line: str) -> None:
    """One write, so that lines of several processes do not mix."""
    with Path(file).open("ab", buffering=0) as notes:
        notes.write(f"{line}\n".encode())
