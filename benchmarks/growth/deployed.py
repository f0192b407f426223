"""Fan-outs on the deployed local cloud, submitted over HTTP, timed from submit to end."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.clouds import local_cloud, megabytes
from benchmarks.growth.measured import Point
from benchmarks.rounds import in_rounds
from benchmarks.section import Report
from taskmill.client import TaskClient
from taskmill.model.statuses import Status
from taskmill_local import LocalCloud

BATCH_SIZE = 100
WARM_UP = 400
TIMES = 2
TIMEOUT_SECONDS = 600.0


def measure(sizes: Sequence[int], report: Report) -> list[Point]:
    """The quickest of a few runs of each size, which go in turns.

    Returns:
        Seconds of wall time, and the most memory that all functions together held meanwhile.
    """
    with (
        local_cloud(report) as cloud,
        TaskClient.from_outputs(cloud.outputs_file, tenant="growth") as client,
    ):

        def run(size: int) -> Point:
            report(f"a fan-out of {size:,} on the local cloud")
            with _watched(cloud) as memory:
                seconds = _run(client, size)
            return Point(size, seconds, max(memory))

        _run(client, WARM_UP)
        runs = in_rounds({str(size): lambda size=size: run(size) for size in sizes}, TIMES)
        return [min(each, key=lambda point: point.seconds) for each in runs.values()]


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
