"""Tasks for in-process clouds only: they take virtual time, and note how often they ran."""

from collections import Counter

from taskmill import Limit, TaskContext, task
from taskmill.testing import InProcessCloud

CLOUD: list[InProcessCloud] = []  # the one in use
RUNS: Counter[int] = Counter()  # how often each task began, by its number
NOTES: list[str] = []  # what happened, in order


def use(cloud: InProcessCloud) -> None:
    """Let time pass in this cloud from now on, and forget what ran in another."""
    CLOUD[:] = [cloud]
    RUNS.clear()
    NOTES.clear()


@task("bench-lasts", timeout_seconds=280.0)
def lasts(order: tuple[int, float]) -> int:
    """A number, and the seconds that it takes."""
    number, seconds = order
    RUNS[number] += 1
    CLOUD[0].sleep(seconds)
    return number


@task("bench-room-lasts", concurrency=Limit(1_000, name="bench-room"), timeout_seconds=280.0)
def lasts_with_room(order: tuple[int, float]) -> int:
    return lasts(order)


@task("bench-says", timeout_seconds=60.0)
def says(word: str) -> str:
    NOTES.append(word)
    return word


@task("bench-waits-for", timeout_seconds=60.0)
def waits_for(children: int, ctx: TaskContext) -> int:
    """Goes on when so many children have ended."""
    words = ctx.gather(says, ["a child runs"] * children)
    NOTES.append("the parent goes on")
    return len(words)
