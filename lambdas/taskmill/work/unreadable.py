"""Messages that nobody can handle: they are put on a queue of their own, for people to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue

BODY_LIMIT = 100_000  # characters of a body that are kept: JSON may need 6 bytes for each,
# and a message of SQS has at most 1 MiB
REASON_LIMIT = 500  # characters: a reason may quote the message


@dataclass(frozen=True)
class Unreadable:
    """Takes messages off a queue whose bodies are not what they should be.

    Args:
        queue: Where they go; None: nowhere, so they stay where they are.
    """

    queue: Queue | None
    logger: Any

    def take(self, delivery: Delivery, reason: Exception) -> bool:
        """Put a message on the queue for people, with the reason. False: it must stay.

        Raises:
            Exception: The queue could not be reached; the message must stay.
        """
        why = str(reason)[:REASON_LIMIT]
        self.logger.error("unreadable message", message_id=delivery.id, reason=why)
        if self.queue is None:
            return False
        self.queue.send_body(
            {
                "reason": why,
                "messageId": delivery.id,
                "body": delivery.body[:BODY_LIMIT],
                "bodyCharacters": len(delivery.body),
            }
        )
        return True
