"""Task functions that start others. `RUNS` notes each call, so tests can count what ran."""

import itertools
from contextlib import suppress
from typing import Any

from taskmill import Retry, TaskContext, current_service, task
from taskmill.errors import Conflict, TaskFailed
from taskmill.model.keys import TaskKey

RUNS: list[Any] = []
NO_WAIT = Retry(max_attempts=3, base_seconds=0)
ONCE = Retry(max_attempts=1)


@task("leaf")
def leaf(number: int) -> int:
    RUNS.append(("leaf", number))
    return number * 10


@task("flaky-leaf", retry=NO_WAIT)
def flaky_leaf(fails: int, ctx: TaskContext) -> int:
    """Fails in its first `fails` attempts."""
    RUNS.append(("flaky-leaf", ctx.attempt))
    if ctx.attempt <= fails:
        raise ValueError(f"attempt {ctx.attempt} fails")
    return fails


@task("broken-leaf", retry=ONCE)
def broken_leaf(number: int) -> None:
    RUNS.append(("broken-leaf", number))
    raise RuntimeError(f"leaf {number} is broken")


@task("mends", retry=ONCE)
def mends(number: int) -> int:
    """Fails the first time that it is run with a number."""
    first = ("mends", number) not in RUNS
    RUNS.append(("mends", number))
    if first:
        raise RuntimeError("not yet")
    return number


@task("large-leaf")
def large_leaf(text: str) -> str:
    return text * 2


@task("gathers")
def gathers(count: int, ctx: TaskContext) -> int:
    RUNS.append("gathers")
    return sum(ctx.gather(leaf, range(count)))


@task("gathers-mends", retry=ONCE)
def gathers_mends(count: int, ctx: TaskContext) -> int:
    return sum(ctx.gather(mends, range(count)))


@task("gathers-broken", retry=NO_WAIT)
def gathers_broken(numbers: list[int], ctx: TaskContext) -> list[int]:
    RUNS.append(("gathers-broken", ctx.attempt))
    return ctx.gather(*[(broken_leaf if number < 0 else leaf, number) for number in numbers])


@task("forgives")
def forgives(numbers: list[int], ctx: TaskContext) -> list[Any]:
    calls = [(broken_leaf if number < 0 else leaf, number) for number in numbers]
    ends = ctx.gather(*calls, return_exceptions=True)
    return [end.error["message"] if isinstance(end, TaskFailed) else end for end in ends]


@task("forgives-then-starts")
def forgives_then_starts(last: str, ctx: TaskContext) -> None:
    """Deals with one failure, and does not wait for the last child."""
    ctx.gather((broken_leaf, 1), (leaf, 2), return_exceptions=True)
    ctx.submit(last, 3)


@task("one-by-one")
def one_by_one(count: int, ctx: TaskContext) -> int:
    RUNS.append("one-by-one")
    return sum(ctx.run(leaf, number) for number in range(count))


@task("starts")
def starts(types: list[str], ctx: TaskContext) -> str:
    """Starts children and does not wait for them."""
    for number, each in enumerate(types):
        ctx.submit(each, number)
    return "returned"


@task("starts-with", retry=ONCE)
def starts_with(options: dict[str, Any], ctx: TaskContext) -> None:
    ctx.submit(leaf, 1, **options)


@task("starts-then-waits")
def starts_then_waits(count: int, ctx: TaskContext) -> list[int]:
    """Waits first for one child, then for others that were started before."""
    children = ctx.submit_many(leaf, range(count))
    last = ctx.run(leaf, count)
    return [*ctx.gather(children), last]


@task("maps")
def maps(numbers: list[int], ctx: TaskContext) -> dict[str, Any]:
    squares = ctx.map(leaf, numbers, batch_size=2)
    return {"results": list(squares), "counts": squares.counts}


@task("names")
def names(count: int, ctx: TaskContext) -> list[int]:
    return ctx.gather([ctx.submit(leaf, n, name=f"leaf-{n}") for n in range(count)])


@task("dives", retry=ONCE)
def dives(levels: int, ctx: TaskContext) -> int:
    return 0 if levels == 0 else 1 + ctx.run("dives", levels - 1)


@task("changes-its-mind", retry=ONCE)
def changes_its_mind(_: None, ctx: TaskContext) -> Any:
    RUNS.append("changes-its-mind")
    return ctx.run(leaf, 1, name=f"time-{len(RUNS)}")


@task("swallows")
def swallows(_: None, ctx: TaskContext) -> int:
    """Takes being suspended for an error, as careless code does."""
    try:
        return int(ctx.run(leaf, 7))
    except BaseException:  # noqa: BLE001
        return -1


@task("keeps-failing-after", retry=NO_WAIT)
def keeps_failing_after(fails: int, ctx: TaskContext) -> int:
    """Fails after its children ended, in the first attempts."""
    total = sum(ctx.gather(leaf, range(3)))
    if ctx.attempt <= fails:
        raise ValueError("after the children")
    return total


@task("sums-async")
async def sums_async(count: int, ctx: TaskContext) -> int:
    return sum(ctx.gather(leaf, range(count)))


@task("subtask-starts", retry=ONCE)
def subtask_starts(number: int, ctx: TaskContext) -> int:
    return ctx.run(leaf, number)


@task("cancels-itself-then-starts")
def cancels_itself_then_starts(count: int, ctx: TaskContext) -> None:
    """Cancelled by somebody just as it starts children."""
    ctx.submit(leaf, 0)
    current_service().cancel(key=ctx.key)
    ctx.submit_many(leaf, range(1, count))


@task("waits-for-slow")
def waits_for_slow(count: int, ctx: TaskContext) -> list[int]:
    return ctx.gather([ctx.submit(leaf, n, delay_seconds=3_600) for n in range(count)])


@task("runs-large")
def runs_large(size: int, ctx: TaskContext) -> int:
    return len(ctx.run(large_leaf, "x" * size))


@task("gathers-late")
def gathers_late(_: None, ctx: TaskContext) -> list[int]:
    """One child fails the first time, the other takes an hour to begin."""
    quick = ctx.submit(mends, 1)
    return ctx.gather(quick, ctx.submit(leaf, 5, delay_seconds=3_600))


@task("gathers-slow-trees")
def gathers_slow_trees(count: int, ctx: TaskContext) -> Any:
    return ctx.gather("waits-for-slow", [2] * count)


@task("hears")
def hears(ended: dict[str, Any]) -> None:
    """A callback."""
    RUNS.append(("hears", ended["task"]["status"]))


@task("echoes")
def echoes(ended: dict[str, Any]) -> None:
    """Another callback."""
    RUNS.append(("echoes", ended["task"]["status"]))


@task("cancels-itself-late")
def cancels_itself_late(_: None, ctx: TaskContext) -> str:
    """Somebody cancels it while it runs, and it does not look."""
    current_service().cancel(key=ctx.key)
    RUNS.append("went on to its end")
    return "late result"


@task("returns-text-for-a-number")
def returns_text_for_a_number(_: None) -> int:
    return "seven"  # type: ignore[return-value]


@task("node", retry=NO_WAIT)
def node(spec: dict[str, Any], ctx: TaskContext) -> int:
    """A node of a random tree; returns how many nodes it and what it waited for are.

    `mode`: "gather", "run" or "submit" its `kids`; `fails`: its first attempts fail; `cancels`: it
    cancels "itself" or the "root" while it runs; `forgives`: failed kids do not matter.
    """
    RUNS.append(("node", spec["id"]))
    if spec.get("cancels"):
        key = ctx.key if spec["cancels"] == "itself" else TaskKey.from_text(root_of(ctx))
        with suppress(Conflict):
            current_service().cancel(key=key)
    ends = _visit(spec, ctx)
    if ctx.attempt <= spec.get("fails", 0):
        raise ValueError(f"attempt {ctx.attempt} of node {spec['id']}")
    return 1 + sum(end for end in ends if isinstance(end, int))


def _visit(spec: dict[str, Any], ctx: TaskContext) -> list[Any]:
    kids = [("node", kid) for kid in spec["kids"]]
    if spec["mode"] == "gather":
        return ctx.gather(*kids, return_exceptions=bool(spec.get("forgives")))
    if spec["mode"] == "run":
        return list(itertools.starmap(ctx.run, kids))
    for what, value in kids:
        ctx.submit(what, value)
    return []


def root_of(ctx: TaskContext) -> str:
    row = current_service().get_task(key=ctx.key)
    return row.root or str(ctx.key)
