"""The `Queue` protocol: the operations that taskmill needs of a queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from taskmill.model.keys import TaskKey

MAX_DELAY_SECONDS = 900  # the longest DelaySeconds of SQS
MESSAGES_A_CALL = 10
# SQS hides a message for 12 hours at most, counted from when it was received: what asks for more
# than is left of them is refused (botocore's sqs model, ChangeMessageVisibility).
MAX_HIDDEN_SECONDS = 43_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send: a task's key, invisible for the first `delay_seconds`.

    Attributes:
        hint: Another message will name the same task: a worker that does not get the task drops
            this one.
    """

    key: TaskKey
    delay_seconds: int = 0
    hint: bool = False

    @property
    def body(self) -> str:
        return message_body(self.key, hint=self.hint)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A received message, which is now hidden from other receivers.

    Attributes:
        id: Of the message, the same in every delivery.
        receipt: Of this delivery, for `delete` and `show_again`.
        receives: How often the message was received, including this time.
        sent_at: When it was sent, in epoch ms; None: not known.
        queue: Name of the queue, where the receiver gets messages of several; else empty.
    """

    id: str
    receipt: str
    body: str
    receives: int = 1
    sent_at: int | None = None
    queue: str = ""


def delivery_of(
    message: str, receipt: str, body: str, attributes: Mapping[str, str], *, queue: str = ""
) -> Delivery:
    """A delivery with the system attributes that SQS gave it, as texts."""
    sent_at = attributes.get("SentTimestamp")
    return Delivery(
        id=message,
        receipt=receipt,
        body=body,
        receives=int(attributes.get("ApproximateReceiveCount", 1)),
        sent_at=None if sent_at is None else int(sent_at),
        queue=queue,
    )


class Queue(Protocol):
    """A queue with at-least-once delivery, in any order.

    A received message is hidden for a while (its visibility timeout) and then delivered again,
    unless it was deleted. A message that is received too often must be moved to the queue at
    `TASKMILL_DEAD_LETTERS_URL`.

    To supply your own implementation, write a class that can be called as
    `Class(client_maker, url)`, which happens once per process and queue: `client_maker` takes the
    name of an AWS service and returns a thread-safe boto3 client, and `url` is the queue's setting
    (`TASKMILL_QUEUE_URL` and the like). All methods are called from several threads. Raise if a
    whole request fails: the caller tries again.
    """

    def send(self, messages: Sequence[Message]) -> list[bool]:
        """Send the `body` of each message; False for each that was rejected."""
        ...

    def send_body(self, body: Mapping[str, Any]) -> None:
        """Send one message with any JSON object as body, such as a record of the dispatcher."""
        ...

    def receive(
        self, max_messages: int, wait_seconds: int = 0, hidden_seconds: int | None = None
    ) -> list[Delivery]:
        """Receive up to `max_messages` messages, but at most 10; empty if there are none.

        Args:
            wait_seconds: How long to wait for the first message, up to 20.
            hidden_seconds: Visibility timeout of these messages; None: that of the queue.
        """
        ...

    def delete(self, receipts: Iterable[str]) -> list[str]:
        """Delete messages. Returns the receipts that were rejected."""
        ...

    def show_again(self, receipts: Mapping[str, int]) -> list[str]:
        """Set the visibility timeout of received messages: receipt -> seconds from now.

        0 makes a message visible at once; more can keep it hidden for longer. Returns the receipts
        that were rejected.
        """
        ...


_HINT = ', "hint": true}'


def message_body(key: TaskKey, *, hint: bool = False) -> str:
    end = _HINT if hint else "}"
    return f'{{"pk": "{key.pk}", "sk": "{key.sk}"{end}'  # JSON: keys contain nothing to escape


def is_hint(body: str) -> bool:
    return body.endswith(_HINT)


def seconds_until(due: int | None, now: int) -> int:
    """Whole seconds until `due` (epoch ms), rounded up, so that a message never arrives early."""
    return 0 if due is None or due <= now else -(-(due - now) // 1000)
