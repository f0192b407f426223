"""The work queue and the parking place of the dispatcher: the only module that speaks to SQS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.chunks import chunked
from taskmill.keys import TaskKey

MAX_DELAY_SECONDS = 900  # what SQS can hold a message back
MESSAGES_A_CALL = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A task's key on its way to a worker, hidden for `delay_seconds` first."""

    key: TaskKey
    delay_seconds: int = 0


class Queue:
    """One SQS queue."""

    def __init__(self, client: Any, url: str) -> None:
        self.client = client
        self.url = url

    def send(self, messages: Sequence[Message]) -> list[bool]:
        """Send keys, 10 a call; False where SQS refused one. Tenants share the queue fairly."""
        sent: list[bool] = []
        for chunk in chunked(messages, MESSAGES_A_CALL):
            sent += self._send_call(chunk)
        return sent

    def send_body(self, body: Mapping[str, Any]) -> None:
        """Send one message of any shape (the dispatcher parks records so)."""
        self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def show_again(self, receipts: Mapping[str, int]) -> None:
        """Make received messages visible after so many seconds each, by receipt handle."""
        entries = [
            {"Id": str(index), "ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for index, (receipt, seconds) in enumerate(receipts.items())
        ]
        for chunk in chunked(entries, MESSAGES_A_CALL):
            self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=chunk)

    def _send_call(self, messages: Sequence[Message]) -> list[bool]:
        answer = self.client.send_message_batch(
            QueueUrl=self.url,
            Entries=[_entry(index, message) for index, message in enumerate(messages)],
        )
        refused = {int(each["Id"]) for each in answer.get("Failed", [])}
        return [index not in refused for index in range(len(messages))]


def message_body(key: TaskKey) -> str:
    return json.dumps(key.as_dict())


def _entry(index: int, message: Message) -> dict[str, Any]:
    entry = {
        "Id": str(index),
        "MessageBody": message_body(message.key),
        "MessageGroupId": message.key.tenant,
    }
    return entry | ({"DelaySeconds": message.delay_seconds} if message.delay_seconds else {})
