"""A soak in a process of its own: many tasks through `taskmill work`, or requests through the API.

`python soak.py work|api COUNT REPORT [TASK_TYPE]` writes to the file REPORT, as JSON, what the
process held after each of `PARTS` equal parts of the work: bytes of Python objects, resident bytes,
threads, file descriptors. With a task type, all tasks are of that type.

The services are in this process too, in memory: what they keep of a part is dropped before its
measurement. Everything else is real: the command, its threads, the dispatcher, the API's function.
"""

import gc
import itertools
import json
import os
import signal
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from taskmill.cli.app import app
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi
from taskmill.wiring import process

PARTS = 12
CONCURRENCY = "10"
PATIENCE_SECONDS = 120.0  # for one part
KINDS = (
    *("soak-async", "soak-sync", "soak-parent", "soak-large", "soak-sync", "soak-fails"),
    *("soak-async", "soak-late"),
)
AWS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}
Part = Callable[[int], None]


def held() -> dict[str, int]:
    """What this process holds now."""
    for _ in range(2):
        gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "python": tracemalloc.get_traced_memory()[0],
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
        "threads": threading.active_count(),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def forget(cloud: InProcessCloud) -> None:
    """Drop what the services in memory keep."""
    cloud.table.clear()
    cloud.table.records.clear()
    cloud.stream.seen.clear()
    cloud.topics.published.clear()
    cloud.bucket.objects.clear()
    for queue in cloud.queues.queues.values():
        queue.clear()


def measured(cloud: InProcessCloud, count: int, part: Part) -> list[dict[str, int]]:
    found = []
    size = -(-count // (PARTS * 10)) * 10  # rounded up: requests come in tens
    tracemalloc.start()
    for number in range(PARTS):
        part(size)
        forget(cloud)
        found.append({"done": (number + 1) * size, **held()})
    return found


# Tasks


def tasks_of(kinds: Iterator[str], count: int) -> list[CreateTask]:
    return [
        CreateTask(
            tenant_code="soak",
            task_type=kind,
            input={"n": number} if kind == "soak-async" else number,
            log_ids={"n": str(number)},
        )
        for kind, number in zip(kinds, range(count), strict=False)
    ]


def run_tasks(cloud: InProcessCloud, kinds: Iterator[str], count: int) -> None:
    """Submit tasks, deliver the stream until all have ended, and wait for the consumer."""
    keys: list[TaskKey] = []
    for start in range(0, count, 100):
        tasks = tasks_of(kinds, min(100, count - start))
        keys += [task.key for task in cloud.service.create_tasks(tasks=tasks)]
    deadline = time.monotonic() + PATIENCE_SECONDS
    open_keys = keys
    while open_keys:
        while cloud.stream.pending():
            cloud.deliver_records()
        rows = cloud.wiring.tasks.find_many(open_keys)
        open_keys = [row.key for row in rows if row and row.status not in FINAL]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(open_keys)} tasks are still open, such as {open_keys[0]}")
        let_time_pass(cloud)
    while any(queue.messages for queue in queues(cloud)) or cloud.stream.pending():
        while cloud.stream.pending():
            cloud.deliver_records()
        let_time_pass(cloud)
        if time.monotonic() > deadline:
            raise TimeoutError("messages are left")


def let_time_pass(cloud: InProcessCloud) -> None:
    """Messages that came before their row, or met their task running, are hidden for a while."""
    time.sleep(0.01)
    cloud.sleep(0.5)


def queues(cloud: InProcessCloud) -> list[Any]:
    return [cloud.wiring.queue_at(url) for url in cloud.wiring.work_urls]


def work(count: int, report: Path, kind: str | None) -> int:
    """`taskmill work`, in the main thread as usual; another thread submits, and stops it."""
    kinds = itertools.cycle([kind] if kind else KINDS)
    settings = {"TASKMILL_QUEUE_SERVICE": "memory"}
    with InProcessCloud(modules=["soak_tasks"], environment=settings) as cloud:
        process.wired = lambda *_, **__: cloud.wiring
        os.environ.update({**cloud.wiring.environment, **AWS})

        def feed() -> None:
            try:
                found: Any = measured(cloud, count, lambda part: run_tasks(cloud, kinds, part))
            except BaseException as error:  # noqa: BLE001  # told to the test
                found = repr(error)
            report.write_text(json.dumps(found))
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=feed, daemon=True).start()
        try:
            app(["work", "--concurrency", CONCURRENCY, "--grace", "5"])
        except SystemExit as end:
            return int(end.code or 0)
        return 0


# Requests


def run_requests(numbers: Iterator[int], count: int) -> None:
    """Requests of many kinds, for ever new tenants: accepted, repeated, refused, unknown."""
    api = InProcessApi()
    for number in itertools.islice(numbers, count):
        wanted, method, path, body = request(number)
        answer = api.request(method, path, body=body)
        if answer.status != wanted:
            raise AssertionError(f"{method} {path}: {answer.status}, {answer.body}")


def request(number: int) -> tuple[int, str, str, Any]:
    """The status that is expected, the method, path and body of a request."""
    base, code = f"/v1/tenants/t-{number // 10}", f"c-{number // 10}"
    task = {"taskType": "soak-sync", "input": number // 10, "code": code}
    kinds: list[tuple[int, str, str, Any]] = [
        (202, "POST", "/tasks", task),
        (202, "POST", "/tasks", task),
        (202, "POST", "/tasks", {"taskType": "soak-sync", "input": 1, "idempotencyKey": "k"}),
        (422, "POST", "/tasks", task | {"delaySeconds": -1}),
        (404, "GET", "/tasks/none/none", None),
        (200, "GET", "/tasks", None),
        (200, "GET", f"/tasks/soak-sync/{code}", None),
        (409, "POST", f"/tasks/soak-sync/{code}/retry", None),
        (202, "POST", "/step-function-tasks", task | {"input": list(range(20))}),
        (200, "PUT", "/schedules/s", SCHEDULE),
    ]
    status, method, path, body = kinds[number % len(kinds)]
    return status, method, base + path, body


SCHEDULE = {"taskType": "soak-sync", "expression": "rate(1 hour)", "input": 1}


def requests(count: int, report: Path) -> int:
    settings = {"TASKMILL_TENANT_REQUESTS_PER_SECOND": "100"}
    with InProcessCloud(modules=["soak_tasks"], environment=settings) as cloud:
        numbers = itertools.count()
        try:
            found: Any = measured(cloud, count, lambda part: run_requests(numbers, part))
        except BaseException as error:  # noqa: BLE001  # told to the test
            found = repr(error)
        report.write_text(json.dumps(found))
    return 0


if __name__ == "__main__":
    what, size, place, *only = sys.argv[1:]
    sys.exit(
        work(int(size), Path(place), *only or [None])
        if what == "work"
        else requests(int(size), Path(place))
    )
