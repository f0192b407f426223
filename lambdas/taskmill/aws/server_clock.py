"""The time of AWS: this process's clock, corrected by the `Date` header of AWS's answers.

Leases, due times and retries are compared across processes. A consumer whose clock is ten minutes
slow would hide a task that is due for ten minutes; one whose clock is fast would take tasks away
from those that run them. Beyond five minutes AWS refuses the signature of each request, beyond
fifteen that of S3's (Signature Version 4, "Elements of an AWS API request signature").
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from taskmill.model.clock import Clock, now_ms, to_ms

# `Date` has whole seconds, and an answer takes a moment. Less than this is no disagreement: clocks
# that are synchronised stay as they are, and so does the order of what they say.
TOLERANCE_MS = 2_000
EVERY_SECONDS = 10.0  # how often an answer is looked at


class ServerClock:
    """A clock in epoch milliseconds that agrees with AWS to within 2 s.

    Args:
        local: The clock of this process.
        monotonic: Seconds that pass evenly, whatever is done to the clock.
    """

    def __init__(
        self, local: Clock = now_ms, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._local = local
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._sent = threading.local()
        self.offset_ms = 0

    def __call__(self) -> int:
        return self._local() + self.offset_ms

    def listen(self, client: Any) -> None:
        """Learn the time from the answers of a botocore client, at most every 10 s."""
        events = client.meta.events
        events.register_first("before-send", self._note_sent)
        events.register_last("needs-retry", self._note_answer)

    def learn(self, date: str, took_ms: float = 0) -> None:
        """Learn the time from an answer's `Date` header, received just now.

        Args:
            took_ms: How long the answer took.
        """
        from email.utils import parsedate_to_datetime  # botocore has it; a cold start need not wait

        try:
            server = to_ms(parsedate_to_datetime(date))
        except (ValueError, TypeError, OverflowError):
            return  # of a proxy, or an emulator
        self._looked_at = self._monotonic()
        # It is later than `server` now, by a second and the time of the answer at most. (Of a long
        # poll most is waiting: its answer is made at the end.)
        earliest, latest = server, server + 1_000 + took_ms
        if not earliest - TOLERANCE_MS <= self() <= latest + TOLERANCE_MS:
            self.offset_ms = server + 500 - self._local()

    @property
    def _is_due(self) -> bool:
        return self._monotonic() - self._looked_at >= EVERY_SECONDS

    def _note_sent(self, **_: Any) -> None:
        if self._is_due:
            self._sent.at = self._monotonic()

    def _note_answer(self, response: Any = None, **_: Any) -> None:
        sent, self._sent.at = getattr(self._sent, "at", None), None
        if sent is None or response is None:  # an answer there is not, or that is not looked at
            return
        date = response[0].headers.get("date")
        if date:
            self.learn(date, (self._monotonic() - sent) * 1000)
