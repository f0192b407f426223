"""Celery: submitted by a producer that stays, run by `celery worker`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.cloud import PeerCloud, wait_until
from benchmarks.peers.programs import Program, stopped

APP = Path(__file__).with_name("celery_app")
KEY = "celery-worker"
PRODUCER = "celery-producer"
RESULTS = "celery-results"


class Celery:
    """One kind of worker on a queue of its own.

    Args:
        pool: Of the worker: "prefork" or "threads".
        acks_late: Whether a message is deleted when its task has ended rather than when it begins.
    """

    key = KEY
    stores = ("PutItem",)

    def __init__(
        self,
        cloud: PeerCloud,
        python: Path,
        *,
        pool: str,
        concurrency: int,
        acks_late: bool = True,
        queue: str = "celery",
    ) -> None:
        self.name = f"Celery, {pool}"
        self._cloud = cloud
        self._python = python
        self._pool = pool
        self._concurrency = concurrency
        self._acks_late = acks_late
        self._queue = queue
        self.queue_url = cloud.make_queue(queue)

    @contextmanager
    def producer(self) -> Iterator[Program]:
        """The process that submits; it has said hello."""
        driver = Program(
            [str(self._python), "peer_driver.py"],
            folder=APP,
            env=self._env(PRODUCER),
            log=self._cloud.folder / "celery-producer.log",
        )
        with stopped(driver):
            driver.ask("submit", 0)
            self.driver = driver
            yield driver

    def fill(self, count: int) -> float:
        """Submit one after the other. Seconds until all messages are in the queue."""
        started = time.monotonic()
        self.driver.ask("submit", count)
        visible = self._cloud.visible
        wait_until(lambda: visible(self.queue_url) >= count, what=f"{count} messages")
        return time.monotonic() - started

    def outcomes(self) -> int:
        """How many results are stored."""
        return self._cloud.stored(RESULTS)

    @contextmanager
    def worker(self) -> Iterator[Program]:
        with stopped(self.start()) as program:
            yield program

    def start(self) -> Program:
        options = ["--pool", self._pool, "--concurrency", str(self._concurrency)]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return Program(
            [str(self._python), "-m", "celery", "-A", "peer_celery", "worker", *options, *quiet],
            folder=APP,
            env=self._env(KEY),
            log=self._cloud.folder / "celery-worker.log",
        )

    def latencies(self, count: int) -> list[float]:
        """Seconds from submit to stored result, of one task at a time."""
        return list(self.driver.ask("latencies", count)["seconds"])

    def note(
        self, file: Path, seconds: float, *, countdown: int = 0, delay_seconds: int = 0
    ) -> None:
        """A task that writes down its runs; held back by Celery, or by SQS itself."""
        self.driver.ask("note", str(file), seconds, countdown, delay_seconds)

    def together(self, count: int) -> tuple[float, int]:
        """Seconds until a chord of so many has its sum, and the sum."""
        answer = self.driver.ask("chord", count)
        return float(answer["seconds"]), int(answer["value"])

    def _env(self, key: str) -> Mapping[str, str]:
        return {
            "PEER_PORT": self._cloud.port,
            "PEER_KEY": key,
            "PEER_QUEUE": self._queue,
            "PEER_ACKS_LATE": "1" if self._acks_late else "0",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": "secret",
        }


def make_results_table(cloud: PeerCloud) -> None:
    """The table that the backend would make itself, on demand like ours."""
    cloud.dynamodb.create_table(
        TableName=RESULTS,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
