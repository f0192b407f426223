"""How the stack's queues stand: asked of SQS when somebody asks, and not otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.queue_counts import queue_counts
from taskmill.model.api.health import DeadLetters, QueueDepth, QueuesHealth
from taskmill.model.clock import Clock, to_datetime


@dataclass(frozen=True, kw_only=True)
class QueueHealth:
    """Reads the numbers of messages: one call for each queue.

    Attributes:
        sqs: The client.
        work: URLs of the work queues by name.
        dead: URLs of the queues of dead letters by name.
        parked: URL of the queue of changes that are tried again; None: unknown here.
    """

    sqs: Any
    work: Mapping[str, str]
    dead: Mapping[str, str]
    parked: str | None
    clock: Clock

    def read(self) -> QueuesHealth:
        queues = {name: queue_counts(self.sqs, url) for name, url in self.work.items()}
        dead = {name: queue_counts(self.sqs, url) for name, url in self.dead.items()}
        parked = queue_counts(self.sqs, self.parked).total if self.parked else 0
        now = self.clock()
        return QueuesHealth(
            queues=tuple(
                QueueDepth(name=name, depth=each.waiting, in_flight=each.in_flight)
                for name, each in queues.items()
            ),
            dead_letters=tuple(
                DeadLetters(name=name, depth=each.total) for name, each in dead.items()
            ),
            parked_changes=parked,
            as_of=to_datetime(now),
        )
