"""The queues that carry tasks to workers, for whoever brings one of their own."""

from taskmill.aws.sqs.protocol import (
    MAX_DELAY_SECONDS,
    MESSAGES_A_CALL,
    Delivery,
    Message,
    Queue,
    message_body,
)

__all__ = [
    "MAX_DELAY_SECONDS",
    "MESSAGES_A_CALL",
    "Delivery",
    "Message",
    "Queue",
    "message_body",
]
