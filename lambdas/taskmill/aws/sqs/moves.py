"""Moves of messages from a dead-letter queue to another queue, which SQS does by itself.

SQS moves messages only from a queue that is the dead-letter queue of another one, with one move of
a queue at a time, at up to 500 messages a second and for at most 36 hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class Move:
    """A move of messages, as SQS tells it.

    Attributes:
        status: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
        moved: Messages moved so far; approximate.
        to_move: Messages to move in all, as counted when the move began; None: unknown.
        started_at: In epoch ms.
        reason: Why it has failed.
        handle: By which a running one can be cancelled.
    """

    status: str
    moved: int
    to_move: int | None
    started_at: int | None
    reason: str | None
    handle: str | None


def queue_arn(sqs: Any, url: str) -> str:
    """Ask SQS for the ARN of a queue; one request."""
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = told["Attributes"]["QueueArn"]
    return arn


def start_move(sqs: Any, source_arn: str, destination_arn: str) -> None:
    """Let SQS move all messages, also those that were not received from the destination before.

    Raises:
        ClientError: A move is running, or the source is no dead-letter queue.
    """
    sqs.start_message_move_task(SourceArn=source_arn, DestinationArn=destination_arn)


def cancel_move(sqs: Any, move: Move) -> None:
    """Stop a running move; what it has moved stays moved."""
    sqs.cancel_message_move_task(TaskHandle=move.handle)


def last_move(sqs: Any, source_arn: str) -> Move | None:
    """The most recent move from a queue; None: there was none lately."""
    told = sqs.list_message_move_tasks(SourceArn=source_arn, MaxResults=1).get("Results", [])
    return _move(told[0]) if told else None


def _move(told: dict[str, Any]) -> Move:
    return Move(
        status=told["Status"],
        moved=told.get("ApproximateNumberOfMessagesMoved", 0),
        to_move=told.get("ApproximateNumberOfMessagesToMove"),
        started_at=told.get("StartedTimestamp"),
        reason=told.get("FailureReason"),
        handle=told.get("TaskHandle"),
    )
