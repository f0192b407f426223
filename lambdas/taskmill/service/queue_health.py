"""How the stack's queues stand: asked of SQS when somebody asks, and not otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.sqs.queue_counts import queue_counts
from taskmill.model.api.health import DeadLetters, QueueDepth, QueuesHealth
from taskmill.model.clock import Clock, to_datetime
from taskmill.service.queue_redrive import ADVICE, QueueRedrive, id_of


@dataclass(frozen=True, kw_only=True)
class QueueHealth:
    """Reads the numbers of messages: one call for each queue, and one for the age of its oldest.

    Attributes:
        sqs: The client.
        work: URLs of the work queues by name.
        redrive: Knows the queues of dead letters, and tells how their redrives stand.
        parked: URL of the queue of changes that are tried again; None: unknown here.
        oldest_sent_at: Tells of a URL, and of now, since when its oldest message is there, in epoch
            ms; None: unknown. CloudWatch bills it, so it is asked of queues with messages only.
    """

    sqs: Any
    work: Mapping[str, str]
    redrive: QueueRedrive
    parked: str | None
    oldest_sent_at: Callable[[str, int], int | None]
    clock: Clock

    def read(self) -> QueuesHealth:
        queues = {name: queue_counts(self.sqs, url) for name, url in self.work.items()}
        dead = {name: queue_counts(self.sqs, url) for name, url in self.redrive.dead.items()}
        parked = queue_counts(self.sqs, self.parked).total if self.parked else 0
        now = self.clock()
        return QueuesHealth(
            queues=tuple(
                QueueDepth(
                    name=name,
                    depth=each.waiting,
                    in_flight=each.in_flight,
                    oldest_seconds=self._age(self.work[name], now) if each.total else None,
                )
                for name, each in queues.items()
            ),
            dead_letters=tuple(self._dead_letters(name, each.total) for name, each in dead.items()),
            parked_changes=parked,
            as_of=to_datetime(now),
        )

    def _dead_letters(self, name: str, depth: int) -> DeadLetters:
        return DeadLetters(
            name=name,
            depth=depth,
            id=id_of(name),
            advice=ADVICE[name],
            redrivable=name in self.redrive.back_to,
            redrive=self.redrive.last(name),
        )

    def _age(self, url: str, now: int) -> int | None:
        try:
            sent = self.oldest_sent_at(url, now)
        except ClientError:  # throttled, or not allowed: the numbers of messages are still known
            return None
        return None if sent is None else max(now - sent, 0) // 1000
