"""What taskmill asks of a queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from taskmill.model.keys import TaskKey

MAX_DELAY_SECONDS = 900  # what SQS can hold a message back
MESSAGES_A_CALL = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A task's key on its way to a worker, hidden for `delay_seconds` first."""

    key: TaskKey
    delay_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that was received, and is now hidden from others.

    Attributes:
        id: The message's, the same in every delivery.
        receipt: This delivery's: what deletes the message, or shows it again.
        receives: How often it was received, this time included.
    """

    id: str
    receipt: str
    body: str
    receives: int = 1


class Queue(Protocol):
    """One queue: at least once, in any order.

    An implementation of your own is a class that is called as `Class(client_maker, url)`, once per
    process and queue: `client_maker` makes a boto3 client by service name, thread-safe ones, and
    `url` is what the setting of the queue says (`TASKMILL_QUEUE_URL` and the like). All methods are
    called from several threads. What fails as a whole is raised, and tried again by the caller.

    A message that was received is hidden for a while and then comes again, unless it was deleted.
    What is received too often must end on the queue at `TASKMILL_DEAD_LETTERS_URL`.
    """

    def send(self, messages: Sequence[Message]) -> list[bool]:
        """Send keys, as `message_body` writes them; False where one was refused."""
        ...

    def send_body(self, body: Mapping[str, Any]) -> None:
        """Send one message of any shape (the dispatcher parks records so)."""
        ...

    def receive(
        self, max_messages: int, wait_seconds: int = 0, hidden_seconds: int | None = None
    ) -> list[Delivery]:
        """Up to `max_messages` messages, 10 at most; empty when none came.

        Args:
            wait_seconds: How long to wait for the first one, up to 20.
            hidden_seconds: How long they stay hidden; None: as the queue says.
        """
        ...

    def delete(self, receipts: Iterable[str]) -> list[str]:
        """Have done with messages. Returns the receipts that were refused."""
        ...

    def show_again(self, receipts: Mapping[str, int]) -> list[str]:
        """Deliver again after so many seconds each, counted from now; 0: at once.

        Also what keeps a message hidden for longer. Returns the receipts that were refused.
        """
        ...


def message_body(key: TaskKey) -> str:
    return f'{{"pk": "{key.pk}", "sk": "{key.sk}"}}'  # JSON: nothing in a key needs an escape
