"""SQS's moves of messages out of dead-letter queues, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from taskmill.aws.sqs.memory_queue import MemoryQueue
from taskmill.testing.client_errors import client_error

_A_LOT = 1_000_000


@dataclass
class _Move:
    source: MemoryQueue
    destination: MemoryQueue
    url: str
    handle: str
    to_move: int
    moved: int = 0
    status: str = "RUNNING"

    def step(self, most: int) -> None:
        while self.status == "RUNNING" and most > 0:
            found = self.source.receive(min(most, 10))
            for each in found:
                self.destination.put(each.body)
            self.source.delete(each.receipt for each in found)
            self.moved += len(found)
            most -= len(found)
            if not found or self.moved >= self.to_move:
                self.status = "COMPLETED"

    def told(self) -> dict[str, Any]:
        running = {"TaskHandle": self.handle} if self.status == "RUNNING" else {}
        return {
            **running,
            "Status": self.status,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
        }


@dataclass
class Moves:
    """The moves that were begun, of all queues.

    Attributes:
        at_once: How many messages each request for the list of moves moves on, so that a test can
            see one that runs; None: all are moved when it begins.
    """

    at_once: int | None = None
    _moves: list[_Move] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)

    def start(self, source: MemoryQueue, destination: MemoryQueue, url: str) -> str:
        """Begin a move out of the queue with a URL; returns its handle."""
        if any(each.url == url and each.status == "RUNNING" for each in self._moves):
            raise client_error("AWS.SimpleQueueService.UnsupportedOperation")
        handle = f"move-{next(self._numbers)}"
        move = _Move(source, destination, url, handle, len(source.messages))
        self._moves.append(move)
        if self.at_once is None:
            move.step(_A_LOT)
        return handle

    def of(self, url: str) -> list[dict[str, Any]]:
        """Moves out of a queue, the latest first."""
        found = [each for each in reversed(self._moves) if each.url == url]
        for each in found:
            each.step(self.at_once or 0)
        return [each.told() for each in found]

    def cancel(self, handle: str) -> int:
        """Stop a move; returns how many messages it has moved."""
        move = next((each for each in self._moves if each.handle == handle), None)
        if move is None or move.status != "RUNNING":
            raise client_error("ResourceNotFoundException")
        move.status = "CANCELLED"
        return move.moved
