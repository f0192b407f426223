"""An in-memory queue: for tests, and for services that run in a single process."""

from __future__ import annotations

import itertools
import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery, Message
from taskmill.model.clock import Clock, now_ms

HIDDEN_SECONDS = 330  # visibility timeout, as in the stack: the worker's timeout + 30 s
MAX_RECEIVES = 1_000  # as in the stack
_LOOK_SECONDS = 0.05  # how often a waiting receiver looks at the clock
_numbers = itertools.count()


@dataclass
class MemoryMessage:
    """A message in the queue.

    Attributes:
        visible_at: Epoch ms from which it can be received.
        sent_at: Epoch ms.
        receipt: Of the last delivery; receipts of earlier ones are invalid.
    """

    id: str
    body: str
    visible_at: int
    receives: int = 0
    receipt: str = ""
    sent_at: int = 0


class MemoryQueue:
    """A `Queue` in memory; its messages are lost when the process ends.

    Args:
        clock: For delays and visibility timeouts.
        hidden_seconds: Default visibility timeout.
        dead_letters: Gets messages that were received `max_receives` times and not deleted.
        messages: The list that stores the messages, so that a test can inspect it.
        pick: Sorts the visible messages, in place, by order of delivery; by default as sent.
    """

    def __init__(
        self,
        *,
        clock: Clock = now_ms,
        hidden_seconds: int = HIDDEN_SECONDS,
        dead_letters: MemoryQueue | None = None,
        max_receives: int = MAX_RECEIVES,
        messages: list[MemoryMessage] | None = None,
        pick: Callable[[list[MemoryMessage]], None] = lambda _: None,
    ) -> None:
        self.messages = [] if messages is None else messages
        self._clock = clock
        self._hidden_seconds = hidden_seconds
        self._dead_letters = dead_letters
        self._max_receives = max_receives
        self._pick = pick
        self._changed = threading.Condition()

    def send(self, messages: Sequence[Message]) -> list[bool]:
        for each in messages:
            self.put(each.body, self._clock() + each.delay_seconds * 1000)
        return [True] * len(messages)

    def send_body(self, body: Mapping[str, Any]) -> None:
        self.put(json.dumps(body))

    def put(self, body: str, visible_at: int | None = None) -> None:
        """Add a message that is visible from `visible_at` (epoch ms), by default at once."""
        at = self._clock() if visible_at is None else visible_at
        with self._changed:
            message = MemoryMessage(f"message-{next(_numbers)}", body, at, sent_at=self._clock())
            self.messages.append(message)
            self._changed.notify_all()

    def receive(
        self, max_messages: int, wait_seconds: int = 0, hidden_seconds: int | None = None
    ) -> list[Delivery]:
        hidden = self._hidden_seconds if hidden_seconds is None else hidden_seconds
        deadline = time.monotonic() + wait_seconds
        with self._changed:
            while not (messages := self._visible()) and time.monotonic() < deadline:
                self._changed.wait(min(self._nap(), max(deadline - time.monotonic(), 0)))
            self._pick(messages)
            chosen = messages[: min(max_messages, MESSAGES_A_CALL)]
            return [self._deliver(message, hidden) for message in chosen]

    def delete(self, receipts: Iterable[str]) -> list[str]:
        done = set(receipts)
        with self._changed:
            self.messages[:] = [each for each in self.messages if each.receipt not in done]
        return []  # deleting a message twice is not an error

    def show_again(self, receipts: Mapping[str, int]) -> list[str]:
        with self._changed:
            known = {each.receipt: each for each in self.messages if each.receipt in receipts}
            for receipt, message in known.items():
                message.visible_at = self._clock() + receipts[receipt] * 1000
            self._changed.notify_all()
        return [receipt for receipt in receipts if receipt not in known]

    def visible(self) -> bool:
        """Whether a message can be received now."""
        with self._changed:
            now = self._clock()
            first = next((each for each in self.messages if each.visible_at <= now), None)
            if first is None or first.receives < self._max_receives:
                return first is not None
            return bool(self._visible())

    def next_due(self) -> int | None:
        """When the next message becomes visible, in epoch ms; None: the queue is empty."""
        with self._changed:
            return min((each.visible_at for each in self.messages), default=None)

    def _nap(self) -> float:
        """Seconds after which a message may be visible; without one, a new one wakes receivers."""
        if not self.messages:
            return math.inf
        if self._clock is not now_ms:  # it may be a virtual clock, which jumps
            return _LOOK_SECONDS
        return max(min(each.visible_at for each in self.messages) - now_ms(), 1) / 1000

    def _visible(self) -> list[MemoryMessage]:
        """Messages that can be received now; moves those received too often to the dead letters."""
        now = self._clock()
        found = [each for each in self.messages if each.visible_at <= now]
        dead_letters, most = self._dead_letters, self._max_receives
        if dead_letters is None:
            return found
        dead = [each for each in found if each.receives >= most]
        for each in dead:
            self.messages.remove(each)
            dead_letters.put(each.body)
        return [each for each in found if each.receives < most] if dead else found

    def _deliver(self, message: MemoryMessage, hidden_seconds: int) -> Delivery:
        message.receives += 1
        message.receipt = f"{message.id}-{message.receives}"
        message.visible_at = self._clock() + hidden_seconds * 1000
        return Delivery(
            id=message.id,
            receipt=message.receipt,
            body=message.body,
            receives=message.receives,
            sent_at=message.sent_at,
        )
