"""A task function that may take hours, so that it runs in a container."""

import random

from taskmill import Retry, TaskContext, task

DARTS_A_ROUND = 1_000_000


@task("estimate-pi", runner="container", timeout_seconds=6 * 3600, retry=Retry(max_attempts=2))
def estimate_pi(rounds: int, ctx: TaskContext) -> float:
    """Estimate pi by a million random darts a round, in a loop as slow as real work."""
    hits = 0
    for done in range(rounds):
        ctx.progress(done, rounds, f"{hits:,} hits")
        hits += sum(_hits() for _ in range(DARTS_A_ROUND))
    return 4 * hits / (rounds * DARTS_A_ROUND) if rounds else 3.0


def _hits() -> bool:
    """Whether a dart thrown at a square lands in the quarter circle within it."""
    x, y = random.random(), random.random()  # noqa: S311  # protects nothing
    return x * x + y * y <= 1
