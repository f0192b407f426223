"""Queues, topics, executions and schedules in memory, behind the calls that taskmill makes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from taskmill.clock import Clock, to_ms

HIDDEN_MS = 330_000  # a received message stays invisible for the worker's timeout + 30 s


@dataclass
class Message:
    """One message of a queue; visible from `visible_at` (epoch ms) on."""

    id: str
    body: str
    visible_at: int
    receives: int = 0

    def record(self) -> dict[str, Any]:
        """As Lambda hands it to a function."""
        return {
            "messageId": self.id,
            "receiptHandle": self.id,
            "body": self.body,
            "eventSource": "aws:sqs",
            "attributes": {"ApproximateReceiveCount": str(self.receives)},
        }


@dataclass
class Queues:
    """SQS: what was sent to each queue, by URL."""

    clock: Clock
    queues: dict[str, list[Message]] = field(default_factory=dict)
    _ids: Any = field(default_factory=itertools.count)

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:
        self.put(QueueUrl, MessageBody, self.clock())
        return {}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        if len(Entries) > 10:
            raise client_error("AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
        for entry in Entries:
            delay = entry.get("DelaySeconds", 0)
            if delay > 900:
                raise client_error("InvalidParameterValue")
            self.put(QueueUrl, entry["MessageBody"], self.clock() + delay * 1000)
        return {"Successful": [], "Failed": []}

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,
        Entries: Sequence[Any],
    ) -> dict[str, Any]:
        seconds = {each["ReceiptHandle"]: each["VisibilityTimeout"] for each in Entries}
        for message in self.queues.get(QueueUrl, []):
            if message.id in seconds:
                message.visible_at = self.clock() + seconds[message.id] * 1000
        return {}

    def put(self, url: str, body: str, visible_at: int) -> None:
        message = Message(str(next(self._ids)), body, visible_at)
        self.queues.setdefault(url, []).append(message)

    def visible(self, url: str) -> list[Message]:
        return [each for each in self.queues.get(url, []) if each.visible_at <= self.clock()]

    def receive(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        """Hide messages and count the receive."""
        for message in messages:
            message.receives += 1
            message.visible_at = self.clock() + HIDDEN_MS
        return [message.record() for message in messages]

    def delete(self, url: str, ids: Collection[str]) -> None:
        self.queues[url] = [each for each in self.queues.get(url, []) if each.id not in ids]

    def next_due(self) -> int | None:
        return min((m.visible_at for each in self.queues.values() for m in each), default=None)


@dataclass
class Topics:
    """SNS: everything published, by topic."""

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
    """Step Functions: executions by name; each name starts once."""

    started: dict[str, str] = field(default_factory=dict)  # name -> input
    waiting: list[str] = field(default_factory=list)
    stopped: set[str] = field(default_factory=set)

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


@dataclass
class Schedules:
    """EventBridge Scheduler: one-time schedules whose target is the work queue."""

    send: Callable[[str, int], None]
    names: set[str] = field(default_factory=set)

    def create_schedule(self, **request: Any) -> dict[str, Any]:
        if request["Name"] in self.names:
            raise client_error("ConflictException")
        self.names.add(request["Name"])
        moment = datetime.fromisoformat(request["ScheduleExpression"][3:-1]).replace(tzinfo=UTC)
        self.send(request["Target"]["Input"], to_ms(moment))
        return {}


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "InProcess")
