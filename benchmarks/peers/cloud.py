"""The emulator that all peers share: it counts calls, and has our stack deployed to it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil

from benchmarks.clouds import local_cloud
from benchmarks.peers.counts import Counts
from benchmarks.section import Report

LAUNCHER = Path(__file__).with_name("counting_ministack.py")
HIDDEN_SECONDS = 60  # what our consumer hides a message for; the others' queues do the same
OBSERVER = "observer"  # signs what only looks
LOOK_SECONDS = 0.01


@dataclass(frozen=True)
class PeerCloud:
    """The running emulator."""

    outputs_file: Path
    outputs: Mapping[str, str]
    folder: Path
    pid: int

    @property
    def url(self) -> str:
        return self.outputs["EndpointUrl"]

    @property
    def port(self) -> str:
        return self.url.rpartition(":")[2]

    def client(self, service: str, key: str = OBSERVER) -> Any:
        """A client whose calls are counted under a key."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key="secret",  # noqa: S106  # the emulator takes any
        )

    @cached_property
    def sqs(self) -> Any:
        return self.client("sqs")

    @cached_property
    def dynamodb(self) -> Any:
        return self.client("dynamodb")

    def counts(self) -> Counts:
        """What was called since this was last asked."""
        answer = httpx.get(f"{self.url}/_counts", timeout=10, trust_env=False)
        return Counts.of(answer.json())

    def cpu_seconds(self) -> float:
        """What the emulator's own process has worked so far, without its functions."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def make_queue(self, name: str) -> str:
        """The URL of a new queue that hides what is received as long as ours does."""
        hidden = {"VisibilityTimeout": str(HIDDEN_SECONDS)}
        return str(self.sqs.create_queue(QueueName=name, Attributes=hidden)["QueueUrl"])

    def visible(self, queue_url: str) -> int:
        """How many messages wait in a queue."""
        return self._messages(queue_url, "ApproximateNumberOfMessages")

    def left(self, queue_url: str) -> int:
        """How many there are, those that somebody has received among them."""
        hidden = self._messages(queue_url, "ApproximateNumberOfMessagesNotVisible")
        return hidden + self.visible(queue_url)

    def stored(self, table: str, *, status: str | None = None) -> int:
        """How many rows a table holds, or how many have a status."""
        request: dict[str, Any] = {"TableName": table, "Select": "COUNT"}
        if status:
            request |= {
                "FilterExpression": "#status = :status",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":status": {"S": status}},
            }
        pages = self.dynamodb.get_paginator("scan").paginate(**request)
        return sum(page["Count"] for page in pages)

    def _messages(self, queue_url: str, name: str) -> int:
        answer = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def wait_until(
    condition: Callable[[], bool],
    *,
    seconds: float = 120,
    look_seconds: float = LOOK_SECONDS,
    what: str,
) -> None:
    """Look again and again.

    Raises:
        TimeoutError: It did not become true; `what` says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(look_seconds)


@contextmanager
def peer_cloud(report: Report, *, context: Mapping[str, str] | None = None) -> Iterator[PeerCloud]:
    """Deployed and ready; gone afterwards, whatever happens. `context`: as `local_cloud` has it."""
    with local_cloud(report, context=context, launcher=LAUNCHER) as cloud:
        file, pid = cloud.outputs_file, cloud.status().pid or 0
        yield PeerCloud(file, json.loads(file.read_text()), file.parent, pid)
