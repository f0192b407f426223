"""Response models of the queues' health."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from taskmill.model.api.base import View


class QueueDepth(View):
    """How full a work queue is; the numbers of SQS are approximate."""

    name: str
    depth: int = Field(description="Messages that wait, also those that are delayed.")
    in_flight: int = Field(description="Messages that a worker has received.")
    oldest_seconds: int | None = Field(
        default=None,
        description="Age of the oldest message, as CloudWatch measured it within the last 15"
        " minutes; null if the queue is empty or the age is not known.",
    )


class Redrive(View):
    """The last time that the messages of a queue were moved back to where they came from."""

    status: str = Field(description="RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.")
    moved: int = Field(description="Messages moved so far; SQS tells it approximately.")
    to_move: int | None = Field(
        default=None, description="Messages there were when it began; null: SQS does not tell."
    )
    started_at: datetime | None = None
    reason: str | None = Field(default=None, description="Why it has failed.")


class DeadLetters(View):
    """How many messages ended in a queue that only people look at."""

    name: str
    depth: int
    id: str = Field(default="", description="The queue's name in paths.")
    advice: str = Field(default="", description="What to do about its messages.")
    redrivable: bool = Field(
        default=False, description="Whether a redrive has its messages handled again."
    )
    redrive: Redrive | None = Field(
        default=None, description="The last redrive; null: there was none, or it is not known."
    )


class QueuesHealth(View):
    """The queues of the stack, of all tenants together."""

    queues: tuple[QueueDepth, ...]
    dead_letters: tuple[DeadLetters, ...]
    parked_changes: int = Field(description="Row changes that the dispatcher will try again.")
    as_of: datetime
