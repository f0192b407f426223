"""Queues that carry keys of tasks to workers: a protocol, SQS and memory as its implementations.

`TASKMILL_QUEUE_SERVICE` chooses: `sqs`, `memory`, or "module:Class" of your own; see `Queue`.
"""

from taskmill.queue.protocol import (
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
