"""Fan-outs on the deployed local cloud, submitted over HTTP, timed from submit to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from benchmarks.growth.points import Point
from benchmarks.local_cloud import local_cloud, megabytes
from taskmill.client import TaskClient
from taskmill.model.statuses import Status
from taskmill_local import LocalCloud

BATCH_SIZE = 100
WARM_UP = 400
TIMES = 2
TIMEOUT_SECONDS = 600.0
_SLOWEST = Point(0, float("inf"))


def measure(sizes: Sequence[int], report: Callable[[str], None]) -> list[Point]:
    """The quickest of a few runs of each size, which go in turns.

    Returns:
        Seconds of wall time, and the most memory that all functions together held meanwhile.
    """
    with (
        local_cloud(report) as cloud,
        TaskClient.from_outputs(cloud.outputs_file, tenant="growth") as client,
    ):
        _run(client, WARM_UP)
        best: dict[int, Point] = {}
        for size in [*sizes] * TIMES:
            report(f"a fan-out of {size:,} on the local cloud")
            with _watched(cloud) as most:
                seconds = _run(client, size)
            best[size] = min(best.get(size, _SLOWEST), Point(size, seconds, max(most)), key=_time)
        return list(best.values())


def _time(point: Point) -> float:
    return point.seconds


def _run(client: TaskClient, count: int) -> float:
    started = time.monotonic()
    task = client.map("noop", ["x" * 20] * count, batch_size=BATCH_SIZE, notify="progress")
    *_, last = client.updates(task, timeout_seconds=TIMEOUT_SECONDS, cap_seconds=0.3)
    if last.status is not Status.COMPLETED:
        raise RuntimeError(f"the fan-out is {last.status}")
    return time.monotonic() - started


@contextmanager
def _watched(cloud: LocalCloud) -> Iterator[list[float]]:
    """Looks at the memory of the functions four times a second."""
    seen, over = [megabytes(cloud)], threading.Event()

    def look() -> None:
        while not over.wait(0.25):
            seen.append(megabytes(cloud))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()
