"""The SQS implementation of `Queue`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery, Message, delivery_of
from taskmill.model.chunks import chunked

TRIES = 2  # per entry that fails without a fault of the sender


class SqsQueue:
    """An SQS queue. Each tenant is a message group, so that they share a fair queue evenly."""

    def __init__(self, client: Any, url: str) -> None:
        self.client = client
        self.url = url

    def send(self, messages: Sequence[Message]) -> list[bool]:
        refused = self._in_calls(
            self.client.send_message_batch, [_sent(message) for message in messages]
        )
        return [index not in refused for index in range(len(messages))]

    def send_body(self, body: Mapping[str, Any]) -> None:
        self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps(body))

    def receive(
        self, max_messages: int, wait_seconds: int = 0, hidden_seconds: int | None = None
    ) -> list[Delivery]:
        hidden = {} if hidden_seconds is None else {"VisibilityTimeout": hidden_seconds}
        answer = self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=min(max_messages, MESSAGES_A_CALL),
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            **hidden,
        )
        return [_received(message) for message in answer.get("Messages", [])]

    def delete(self, receipts: Iterable[str]) -> list[str]:
        known = list(receipts)
        entries = [{"ReceiptHandle": receipt} for receipt in known]
        refused = self._in_calls(self.client.delete_message_batch, entries)
        return [receipt for index, receipt in enumerate(known) if index in refused]

    def show_again(self, receipts: Mapping[str, int]) -> list[str]:
        entries = [
            {"ReceiptHandle": receipt, "VisibilityTimeout": seconds}
            for receipt, seconds in receipts.items()
        ]
        refused = self._in_calls(self.client.change_message_visibility_batch, entries)
        return [receipt for index, receipt in enumerate(receipts) if index in refused]

    def _in_calls(
        self, call: Callable[..., Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
    ) -> set[int]:
        """Make a batch request per 10 entries; returns the indexes of those that were rejected."""
        waiting, refused = list(range(len(entries))), set[int]()
        for _ in range(TRIES):
            again: list[int] = []
            for places in chunked(waiting, MESSAGES_A_CALL):
                named = [{"Id": str(place), **entries[place]} for place in places]
                answer = call(QueueUrl=self.url, Entries=named)
                for failed in answer.get("Failed", ()):
                    place = int(failed["Id"])
                    refused.add(place) if failed.get("SenderFault") else again.append(place)
            waiting = again
        return refused | set(waiting)


def _sent(message: Message) -> dict[str, Any]:
    entry = {"MessageBody": message.body, "MessageGroupId": message.key.tenant}
    return entry | ({"DelaySeconds": message.delay_seconds} if message.delay_seconds else {})


def _received(message: Mapping[str, Any]) -> Delivery:
    return delivery_of(
        message["MessageId"],
        message["ReceiptHandle"],
        message["Body"],
        message.get("Attributes", {}),
    )
