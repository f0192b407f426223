"""Celery: submitted by a producer that stays, run by `celery worker`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.cloud import PeerCloud
from benchmarks.peers.peer import Peer
from benchmarks.peers.programs import Program

PRODUCER = "celery-producer"
RESULTS = "celery-results"


class Celery(Peer):
    """One kind of worker on a queue of its own.

    Args:
        pool: Of the worker: "prefork" or "threads".
        acks_late: Whether a message is deleted when its task has ended rather than when it begins.
    """

    key = "celery-worker"
    stores = ("PutItem",)
    folder = Path(__file__).with_name("celery_app")

    def __init__(
        self,
        cloud: PeerCloud,
        python: Path,
        *,
        concurrency: int,
        queue: str,
        pool: str = "prefork",
        acks_late: bool = True,
    ) -> None:
        super().__init__(cloud, cloud.make_queue(queue), concurrency=concurrency)
        self.name = f"Celery, {pool}"
        self._python = str(python)
        self._pool = pool
        self._settings = {"PEER_QUEUE": queue, "PEER_ACKS_LATE": str(int(acks_late))}

    @contextmanager
    def producer(self) -> Iterator[Program]:
        """The process that submits; it has said hello."""
        with self.program([self._python, "peer_driver.py"], PRODUCER) as self.driver:
            self.driver.ask("submit", 0)
            yield self.driver

    def submit(self, count: int) -> None:
        """One after the other."""
        self.driver.ask("submit", count)

    def outcomes(self) -> int:
        return self.cloud.stored(RESULTS)

    def command(self) -> Sequence[str]:
        celery = [self._python, "-m", "celery", "-A", "peer_celery", "worker"]
        options = ["--pool", self._pool, "--concurrency", str(self.concurrency)]
        return [
            *celery, *options, "--without-gossip", "--without-mingle", "--without-heartbeat"
        ]  # fmt: skip

    def environment(self, key: str) -> Mapping[str, str]:
        own = {"PEER_PORT": self.cloud.port, "PEER_KEY": key, **self._settings}
        return {**super().environment(key), **own}

    def latencies(self, count: int) -> list[float]:
        """Seconds from submit to stored result, of one task at a time."""
        return list(self.driver.ask("latencies", count)["seconds"])

    def note(
        self, file: Path, seconds: float, *, countdown: int = 0, delay_seconds: int = 0
    ) -> None:
        """A task that writes down its runs; held back by Celery, or by SQS itself."""
        self.driver.ask("note", str(file), seconds, countdown, delay_seconds)

    def work(self, file: Path, seconds: Sequence[float]) -> None:
        """A task for each duration; all of them write down their runs in one file."""
        self.driver.ask("work", str(file), list(seconds))

    def together(self, count: int) -> tuple[float, int]:
        """Seconds until a chord of so many has its sum, and the sum."""
        answer = self.driver.ask("chord", count)
        return float(answer["seconds"]), int(answer["value"])
