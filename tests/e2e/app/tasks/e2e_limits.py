"""Tasks under limits, which tell when they ran; in a pool, whose workers nobody kills."""

import time

from taskmill import Retry, task

QUICK = Retry(max_attempts=3, base_seconds=0)


@task("e2e-limited", concurrency=2, pool="large", retry=QUICK, timeout_seconds=6.0)
def limited(seconds: float) -> list[float]:
    """When it began and when it ended, in epoch seconds: all workers have the same clock."""
    began = time.time()
    time.sleep(seconds)
    return [began, time.time()]
