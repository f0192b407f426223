"""taskmill: submitted over its API, fed by its dispatcher, run by `taskmill work`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from benchmarks.peers.cloud import PeerCloud, wait_until
from benchmarks.peers.programs import Program, stopped
from taskmill.client import TaskClient
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, Status
from taskmill.models import NewTask

KEY = "taskmill-work"
TENANT = "peers"
TASKS = Path(__file__).with_name("tasks")
STORES = ("UpdateItem", "BatchExecuteStatement")
_LOOK_SECONDS = 0.004


class Ours:
    """One stack, one container queue, as many consumers as are started."""

    name = "taskmill"
    key = KEY
    stores = STORES

    def __init__(self, cloud: PeerCloud, *, concurrency: int) -> None:
        self._cloud = cloud
        self._concurrency = concurrency
        self.queue_url = cloud.outputs["ContainerQueueUrl"]

    @cached_property
    def client(self) -> TaskClient:
        return TaskClient.from_outputs(self._cloud.outputs_file, tenant=TENANT)

    def fill(self, count: int) -> float:
        """Submit in bulk. Seconds until all messages are in the queue, and all rows say so."""
        started = time.monotonic()
        tasks = (_addition(each) for each in range(count))
        stored = self.client.submit_many(tasks)
        queued = self._cloud.visible
        wait_until(lambda: queued(self.queue_url) >= count, what=f"{count} messages")
        seconds = time.monotonic() - started
        wait_until(lambda: self._status(stored[-1].key) is Status.QUEUED, what="the last mark")
        return seconds

    def outcomes(self) -> int:
        """How many tasks have completed."""
        return self._cloud.stored(self._cloud.outputs["TableName"], status="COMPLETED")

    @contextmanager
    def worker(self) -> Iterator[Program]:
        """A consumer of the container queue."""
        with stopped(self.start()) as program:
            yield program

    def start(self) -> Program:
        what = ["--modules", "peer_tasks", "--queue-url", self.queue_url]
        how_many = ["--concurrency", str(self._concurrency)]
        return Program(
            [sys.executable, "-m", "taskmill.cli", "work", *what, *how_many],
            folder=TASKS,
            env={
                "TASKMILL_TABLE": self._cloud.outputs["TableName"],
                "TASKMILL_BUCKET": self._cloud.outputs["BucketName"],
                "TASKMILL_QUEUE_URL": self.queue_url,
                "AWS_ENDPOINT_URL": self._cloud.url,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": "secret",
                "POWERTOOLS_LOG_LEVEL": "WARNING",
            },
            log=self._cloud.folder / "taskmill-work.log",
        )

    def latencies(self, count: int) -> list[float]:
        """Seconds from submit to stored result, of one task at a time."""
        return [self._latency(each) for each in range(count)]

    def _latency(self, number: int) -> float:
        started = time.monotonic()
        key = self.client.submit("peer-add", (number, number), notify="none").key
        while self._status(key) not in FINAL:
            time.sleep(_LOOK_SECONDS)
        return time.monotonic() - started

    def note(self, file: Path, seconds: float, *, delay_seconds: int = 0) -> None:
        """A task that writes down its runs."""
        words = (str(file), seconds)
        self.client.submit("peer-note", words, notify="none", delay_seconds=delay_seconds)

    def together(self, count: int) -> tuple[float, int]:
        """Seconds until a parent of so many children has its sum, and the sum."""
        started = time.monotonic()
        key = self.client.submit("peer-sum", count, notify="none").key
        wait_until(lambda: self._status(key) in FINAL, what="the parent's end")
        seconds = time.monotonic() - started
        return seconds, int(self.client.result(key))

    def _status(self, key: TaskKey) -> Status:
        found = self._cloud.dynamodb.get_item(
            TableName=self._cloud.outputs["TableName"],
            Key={name: {"S": each} for name, each in key.stored._asdict().items()},
            ProjectionExpression="#status",
            ExpressionAttributeNames={"#status": "status"},
        )
        return Status(found["Item"]["status"]["S"])


def _addition(number: int) -> NewTask:
    return NewTask(task_type="peer-add", input=[number, number], notify="none")
