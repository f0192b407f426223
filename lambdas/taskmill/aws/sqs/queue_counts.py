"""How many messages an SQS queue has; approximate, as SQS says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_COUNTS = ("", "Delayed", "NotVisible")


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Messages that wait (also delayed ones), and those that somebody has received."""

    waiting: int
    in_flight: int

    @property
    def total(self) -> int:
        return self.waiting + self.in_flight


def queue_counts(sqs: Any, url: str) -> QueueCounts:
    """Ask SQS; one request.

    Args:
        sqs: The client.
    """
    names = [f"ApproximateNumberOfMessages{count}" for count in _COUNTS]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    visible, delayed, hidden = (int(told[name]) for name in names)
    return QueueCounts(waiting=visible + delayed, in_flight=hidden)
