"""What is compared: a way to submit tasks, a queue, and workers in processes of their own."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.cloud import PeerCloud, wait_until
from benchmarks.peers.programs import Program


class Peer:
    """One of those compared.

    Attributes:
        key: The access key of its workers.
        stores: The operations that store outcomes.
        folder: In which its workers are started.
    """

    name: str
    key: str
    stores: Sequence[str]
    folder: Path

    def __init__(self, cloud: PeerCloud, queue_url: str, *, concurrency: int) -> None:
        self.cloud = cloud
        self.queue_url = queue_url
        self.concurrency = concurrency

    def submit(self, count: int) -> None:
        """Submit so many tasks."""
        raise NotImplementedError

    def outcomes(self) -> int:
        """How many are stored."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """Of a worker."""
        raise NotImplementedError

    def environment(self, key: str) -> Mapping[str, str]:
        """Of a process whose calls are counted under a key."""
        return {
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "secret",
        }

    def start(self) -> Program:
        """A worker, stopped at the end of a block."""
        return self.program(self.command(), self.key)

    def program(self, command: Sequence[str], key: str) -> Program:
        log, env = self.cloud.folder / f"{key}.log", self.environment(key)
        return Program(command, folder=self.folder, env=env, log=log)

    def fill(self, count: int) -> float:
        """Seconds from the first submit until all messages are in the queue."""
        started = time.monotonic()
        self.submit(count)
        visible = self.cloud.visible
        wait_until(lambda: visible(self.queue_url) >= count, what=f"{count} messages")
        return time.monotonic() - started


def make_results_table(cloud: PeerCloud, name: str) -> None:
    """A table of results by id: as Celery's backend makes it, but on demand like ours."""
    attribute: dict[str, Any] = {"AttributeName": "id"}
    cloud.dynamodb.create_table(
        TableName=name,
        KeySchema=[attribute | {"KeyType": "HASH"}],
        AttributeDefinitions=[attribute | {"AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
