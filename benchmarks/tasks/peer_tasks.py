"""What taskmill's consumer runs. The tasks of Celery, in ``celery_app``, do the same."""

import time
from pathlib import Path

from taskmill import TaskContext, task


@task("peer-add", runner="container", timeout_seconds=60.0)
def add(numbers: tuple[int, int]) -> int:
    return sum(numbers)


@task("peer-note", runner="container", timeout_seconds=300.0)
def note(words: tuple[str, float]) -> None:
    """Write down when it begins, and after so many seconds that it ended."""
    file, seconds = Path(words[0]), words[1]
    with file.open("a") as notes:
        notes.write(f"begin {time.time()}\n")
    time.sleep(seconds)
    with file.open("a") as notes:
        notes.write(f"end {time.time()}\n")


@task("peer-sum", runner="container", timeout_seconds=120.0)
def sum_of_many(count: int, ctx: TaskContext) -> int:
    """What a chord is: so many additions, and their sum."""
    return sum(ctx.gather(add, [(each, each) for each in range(count)]))
