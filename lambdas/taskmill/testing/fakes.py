"""SQS, SNS and Step Functions in memory, with the client methods that taskmill calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from taskmill.aws.sqs.memory_queue import MAX_RECEIVES, MemoryMessage, MemoryQueue
from taskmill.aws.sqs.protocol import MAX_DELAY_SECONDS, Delivery
from taskmill.model.clock import Clock
from taskmill.testing.client_errors import client_error
from taskmill.testing.moves import Moves

QUEUE_ARN = "arn:aws:sqs:us-east-1:000000000000:"  # and the queue's URL


@dataclass
class Queues:
    """SQS in memory.

    Attributes:
        clock: The virtual time, in epoch ms.
        dead_letters: URL of the dead-letter queue by URL of the queue.
        queues: Messages by URL of the queue.
        unmeasured: Whether CloudWatch has no figures, as of a queue that was idle for hours.
        max_receives: Deliveries before a message moves to the dead letters.
        moves: Redrives of dead letters.
        pick: Brings the visible messages into the order of their delivery.
    """

    clock: Clock
    dead_letters: Mapping[str, str] = field(default_factory=dict)
    queues: dict[str, list[MemoryMessage]] = field(default_factory=dict)
    unmeasured: bool = False
    max_receives: int = MAX_RECEIVES
    moves: Moves = field(default_factory=Moves)
    pick: Callable[[list[MemoryMessage]], None] = lambda _: None

    def of(self, url: str) -> MemoryQueue:
        """The queue with a URL, created at its first use."""
        dead = self.dead_letters.get(url)
        return MemoryQueue(
            clock=self.clock,
            messages=self.queues.setdefault(url, []),
            dead_letters=self.of(dead) if dead else None,
            max_receives=self.max_receives,
            pick=self.pick,
        )

    def put(self, url: str, body: str, visible_at: int) -> None:
        self.of(url).put(body, visible_at)

    def visible(self, url: str) -> list[MemoryMessage]:
        return [each for each in self.queues.get(url, []) if each.visible_at <= self.clock()]

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:
        self.of(QueueUrl).put(MessageBody)
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        _check_count(Entries)
        for entry in Entries:
            delay = entry.get("DelaySeconds", 0)
            if delay > 900:
                raise client_error("InvalidParameterValue")
            self.put(QueueUrl, entry["MessageBody"], self.clock() + delay * 1000)
        return {}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int,
        WaitTimeSeconds: int = 0,
        VisibilityTimeout: int | None = None,
        MessageSystemAttributeNames: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Messages that are visible now.

        It ignores `WaitTimeSeconds`: the wait would block every other call.
        """
        if not 1 <= MaxNumberOfMessages <= 10:
            raise client_error("InvalidParameterValue")
        found = self.of(QueueUrl).receive(MaxNumberOfMessages, hidden_seconds=VisibilityTimeout)
        return {"Messages": [_message(each) for each in found]} if found else {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        _check_count(Entries)
        self.of(QueueUrl).delete(each["ReceiptHandle"] for each in Entries)
        return {}

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[Any],
    ) -> dict[str, Any]:
        _check_count(Entries)
        seconds = {each["ReceiptHandle"]: each["VisibilityTimeout"] for each in Entries}
        refused = self.of(QueueUrl).show_again(seconds)
        return {
            "Failed": [
                {"Id": each["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
                for each in Entries
                if each["ReceiptHandle"] in refused
            ]
        }

    def get_queue_attributes(
        self, *, QueueUrl: str, AttributeNames: Sequence[str]
    ) -> dict[str, Any]:
        there = [each for each in self.queues.get(QueueUrl, []) if not self._is_planned(each)]
        hidden = [each for each in there if each.visible_at > self.clock()]
        received = sum(each.receives > 0 for each in hidden)
        counts = {
            "ApproximateNumberOfMessages": len(there) - len(hidden),
            "ApproximateNumberOfMessagesNotVisible": received,
            "ApproximateNumberOfMessagesDelayed": len(hidden) - received,
        }
        told = {"QueueArn": f"{QUEUE_ARN}{QueueUrl}", **counts}
        return {"Attributes": {name: str(told.get(name, 0)) for name in AttributeNames}}

    def start_message_move_task(self, *, SourceArn: str, DestinationArn: str) -> dict[str, Any]:
        source, destination = (each.removeprefix(QUEUE_ARN) for each in (SourceArn, DestinationArn))
        if source not in self.dead_letters.values():
            raise client_error("AWS.SimpleQueueService.UnsupportedOperation")
        return {"TaskHandle": self.moves.start(self.of(source), self.of(destination), source)}

    def list_message_move_tasks(self, *, SourceArn: str, MaxResults: int = 1) -> dict[str, Any]:
        return {"Results": self.moves.of(SourceArn.removeprefix(QUEUE_ARN))[:MaxResults]}

    def cancel_message_move_task(self, *, TaskHandle: str) -> dict[str, Any]:
        return {"ApproximateNumberOfMessagesMoved": self.moves.cancel(TaskHandle)}

    def oldest(self, name: str) -> int | None:
        """When the oldest message of a queue was sent, in epoch ms; None: it is empty."""
        messages = [each for each in self.queues.get(name, []) if not self._is_planned(each)]
        return min((each.sent_at for each in messages), default=None)

    def _is_planned(self, message: MemoryMessage) -> bool:
        """Whether EventBridge Scheduler still has the message: no delay of SQS is as long."""
        ahead = message.visible_at - self.clock()
        return not message.receives and ahead > MAX_DELAY_SECONDS * 1000

    def next_due(self) -> int | None:
        return min((m.visible_at for each in self.queues.values() for m in each), default=None)


def _check_count(entries: Sequence[Any]) -> None:
    if not entries:
        raise client_error("AWS.SimpleQueueService.EmptyBatchRequest")
    if len(entries) > 10:
        raise client_error("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")


def _message(delivery: Delivery) -> dict[str, Any]:
    return {
        "MessageId": delivery.id,
        "ReceiptHandle": delivery.receipt,
        "Body": delivery.body,
        "Attributes": {
            "ApproximateReceiveCount": str(delivery.receives),
            "SentTimestamp": str(delivery.sent_at),
        },
    }


@dataclass
class Metrics:
    """CloudWatch in memory: the age of the oldest message of each queue that has one."""

    queues: Queues

    def get_metric_statistics(
        self, *, Dimensions: Sequence[Mapping[str, str]], EndTime: datetime, **_: Any
    ) -> dict[str, Any]:
        oldest = self.queues.oldest(Dimensions[0]["Value"])
        if oldest is None or self.queues.unmeasured:
            return {"Datapoints": []}
        age = EndTime.timestamp() - oldest / 1000
        return {"Datapoints": [{"Timestamp": EndTime, "Maximum": age}]}


@dataclass
class Topics:
    """SNS in memory.

    Attributes:
        published: Entries of `publish_batch` by ARN of the topic, oldest first.
    """

    published: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def publish_batch(
        self,
        *,
        TopicArn: str,
        PublishBatchRequestEntries: Sequence[Any],
    ) -> dict[str, Any]:
        if len(PublishBatchRequestEntries) > 10:
            raise client_error("TooManyEntriesInBatchRequest")
        self.published.setdefault(TopicArn, []).extend(PublishBatchRequestEntries)
        return {"Successful": [], "Failed": []}


@dataclass
class Executions:
    """The Step Functions client in memory; `ExecutionPlayer` runs what it starts.

    Attributes:
        started: Input of each execution by its name.
        waiting: Names of executions that have not begun to run.
        stopped: Names of executions that were stopped.
        ended: Status and cause of the executions that have ended, by their name.
        silent: Whether EventBridge loses the event of an execution that ends badly.
    """

    started: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)
    ended: dict[str, tuple[str, str]] = field(default_factory=dict)
    silent: bool = False

    def start_execution(self, *, name: str, **request: Any) -> dict[str, Any]:
        if len(name) > 80:
            raise client_error("InvalidName")
        if name in self.started:
            raise client_error("ExecutionAlreadyExists")
        self.started[name] = request["input"]
        self.waiting.append(name)
        return {}

    def stop_execution(self, *, executionArn: str, cause: str) -> dict[str, Any]:
        name = executionArn.rpartition(":")[2]
        if name not in self.started:
            raise client_error("ExecutionDoesNotExist")
        self.stopped.add(name)
        return {}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        name = executionArn.rpartition(":")[2]
        if name not in self.started:
            raise client_error("ExecutionDoesNotExist")
        status, cause = self.ended.get(name, ("RUNNING", ""))
        return {"status": status, **({"cause": cause} if cause else {})}
