"""Measures of one size, each in a fresh process, and how they grow with the size."""

import math
import multiprocessing
import resource
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

from benchmarks.ledger.cloud import TASKS, TENANT
from taskmill.handlers import subtasks
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

LINE = b'"%s"\n' % (b"x" * 198)
LINES_A_CHUNK = 5_000
BATCH_SIZE = 200  # of a million, the least that there can be
_MB = 1 << 20
_STATUS = Path("/proc/self/status")


@dataclass(frozen=True)
class Point:
    """What a size took; nothing: not measured."""

    count: int
    seconds: float = 0.0
    megabytes: float = 0.0


Measure = Callable[[int], Point]


def measured(measure: Measure, count: int, *, times: int = 1) -> Point:
    """The quickest of so many fresh processes: others on the machine only ever slow it down."""
    spawn, runs = multiprocessing.get_context("spawn"), []
    for _ in range(times):
        with ProcessPoolExecutor(1, mp_context=spawn) as fresh:
            runs.append(fresh.submit(measure, count).result())
    seconds, megabytes = (each.seconds for each in runs), (each.megabytes for each in runs)
    return Point(count, min(seconds), min(megabytes))


def slope(counts: Sequence[float], amounts: Sequence[float]) -> float:
    """Of log amount over log count: 1 when the amount for each stays the same."""
    return linear_regression([*map(math.log, counts)], [*map(math.log, amounts)]).slope


def drive(count: int) -> Point:
    """A whole fan-out through the in-process driver, which keeps every row and every change."""
    with InProcessCloud(modules=[TASKS]) as cloud:
        elements = ["x" * 20] * count
        task = CreateStepFunctionTask(
            tenant_code=TENANT, task_type="noop", input=elements, notify="progress"
        )
        before, started = _peak_rss(), time.process_time()
        key = cloud.service.create_step_function_task(task=task).key
        cloud.run()
        seconds = time.process_time() - started
        status = cloud.service.get_task(key=key).status
    if status is not Status.COMPLETED:
        raise RuntimeError(f"the fan-out is {status}")
    return Point(count, seconds, (_peak_rss() - before) / _MB)


def split(count: int) -> Point:
    """Only split, of a JSONL input that is read as a stream."""
    with InProcessCloud(modules=[TASKS]) as cloud:
        key = _uploaded(cloud, count)
        before, started = _peak_rss(), time.process_time()
        plan = subtasks.split({**key.as_dict(), "execution": None}, cloud.context(900))
        seconds = time.process_time() - started
        grown = _peak_rss() - before
        stored = cloud.service.get_task(key=key).child_count
    if stored != count or len(plan["batches"]) != -(-count // BATCH_SIZE):
        raise RuntimeError(f"split found {stored} of {count} elements")
    return Point(count, seconds, grown / _MB)


def traced_split(count: int) -> Point:
    """The same, every allocation followed: slow, and exact."""
    tracemalloc.start()
    try:
        split(count)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Point(count, megabytes=peak / _MB)


class _Lines:
    """An object's body of so many lines, none of which is there before it is read."""

    def __init__(self, count: int) -> None:
        self._count = count

    def iter_chunks(self, chunk_size: int) -> Iterator[bytes]:  # noqa: ARG002  # as boto3 has it
        whole, rest = divmod(self._count, LINES_A_CHUNK)
        for _ in range(whole):
            yield LINE * LINES_A_CHUNK
        yield LINE * rest


def _uploaded(cloud: InProcessCloud, count: int) -> TaskKey:
    """A fan-out of an upload, as its execution finds it."""
    ref = cloud.service.create_upload(tenant_code=TENANT).input_ref
    cloud.bucket.put_object(Key=ref, Body=LINE)
    task = CreateStepFunctionTask(
        tenant_code=TENANT, task_type="noop", input_ref=ref, batch_size=BATCH_SIZE
    )
    key = cloud.service.create_step_function_task(task=task).key
    cloud.wiring.tasks.move(key, Status.STARTED)
    cloud.bucket.get_object = lambda **_: {"Body": _Lines(count), "ETag": "e"}  # type: ignore[method-assign]
    return key


def _peak_rss() -> int:
    """Bytes. Linux's ru_maxrss begins with what the parent process held, not its status file."""
    if _STATUS.exists():
        (line,) = (each for each in _STATUS.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # of macOS, in bytes
