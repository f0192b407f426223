"""taskmill: submitted over its API, fed by its dispatcher, run by `taskmill work`."""

import sys
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.clouds import ROOT
from benchmarks.peers.cloud import PeerCloud, wait_until
from benchmarks.peers.peer import Peer
from taskmill.client import TaskClient
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, Status
from taskmill.models import NewTask

TENANT = "peers"
_LOOK_SECONDS = 0.004


class Ours(Peer):
    """One stack, one container queue, as many consumers as are started."""

    name = "taskmill"
    key = "taskmill-work"
    stores = ("UpdateItem", "BatchExecuteStatement")
    folder = ROOT / "benchmarks" / "tasks"

    def __init__(self, cloud: PeerCloud, *, concurrency: int) -> None:
        super().__init__(cloud, cloud.outputs["ContainerQueueUrl"], concurrency=concurrency)

    @cached_property
    def client(self) -> TaskClient:
        return TaskClient.from_outputs(self.cloud.outputs_file, tenant=TENANT)

    def submit(self, count: int) -> None:
        """In bulk."""
        tasks = (
            NewTask(task_type="peer-add", input=[each, each], notify="none")
            for each in range(count)
        )
        self._last = self.client.submit_many(tasks)[-1].key

    def fill(self, count: int) -> float:
        """The same; and waits until all rows say that they are queued."""
        seconds = super().fill(count)
        wait_until(lambda: self._status(self._last) is Status.QUEUED, what="the last mark")
        return seconds

    def outcomes(self) -> int:
        """How many tasks have completed."""
        return self.cloud.stored(self.cloud.outputs["TableName"], status="COMPLETED")

    def command(self) -> Sequence[str]:
        what = ["--modules", "peer_tasks", "--queue-url", self.queue_url]
        how_many = ["--concurrency", str(self.concurrency)]
        return [sys.executable, "-m", "taskmill.cli", "work", *what, *how_many]

    def environment(self, key: str) -> Mapping[str, str]:
        return {
            **super().environment(key),
            "AWS_ENDPOINT_URL": self.cloud.url,
            "AWS_REGION": "us-east-1",
            "TASKMILL_TABLE": self.cloud.outputs["TableName"],
            "TASKMILL_BUCKET": self.cloud.outputs["BucketName"],
            "TASKMILL_QUEUE_URL": self.queue_url,
            "POWERTOOLS_LOG_LEVEL": "WARNING",
        }

    def latencies(self, count: int) -> list[float]:
        """Seconds from submit to stored result, of one task at a time."""
        seconds = []
        for number in range(count):
            started = time.monotonic()
            key = self.client.submit("peer-add", (number, number), notify="none").key
            while self._status(key) not in FINAL:
                time.sleep(_LOOK_SECONDS)
            seconds.append(time.monotonic() - started)
        return seconds

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
        found = self.cloud.dynamodb.get_item(
            TableName=self.cloud.outputs["TableName"],
            Key={name: {"S": each} for name, each in key.stored._asdict().items()},
            ProjectionExpression="#status",
            ExpressionAttributeNames={"#status": "status"},
        )
        return Status(found["Item"]["status"]["S"])
