"""How long an attempt holds its task, and what becomes of that while it runs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.claims import ClaimStore
from taskmill.model.clock import Clock
from taskmill.model.errors import ClaimLost, TaskCancelled

GRACE_MS = 15_000  # a lease ends so long after its attempt must have ended


@dataclass
class Lease:
    """The claim of one attempt. Progress extends it; so does whoever renews a short one.

    Attributes:
        timeout_ms: What the attempt may take.
        remaining_ms: Milliseconds until the process is stopped.
        length_ms: At most so long; somebody must renew it in time. None: as long as the attempt.
        fence: What the claim is, or will be, made with.
        row: The task's row as this attempt knows it, from the claim on; None before.
        stopped: Why this attempt may write nothing more.
    """

    claims: ClaimStore
    clock: Clock
    timeout_ms: int
    remaining_ms: Callable[[], int]
    length_ms: int | None = None
    fence: str = field(default_factory=lambda: secrets.token_hex(8))
    row: Any = None
    stopped: Exception | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._ends = self.clock() + min(self.timeout_ms, self.remaining_ms()) + GRACE_MS

    def until(self) -> int:
        """When the lease ends if it is taken or extended now, in epoch milliseconds."""
        now = self.clock()
        whole = now + min(self.timeout_ms, self.remaining_ms()) + GRACE_MS
        return whole if self.length_ms is None else min(whole, now + self.length_ms)

    def report(self, progress: Mapping[str, Any]) -> None:
        """Store progress, and extend the lease; see `ClaimStore.extend`."""
        self._write(
            lambda: self.claims.extend(self.row, lease_until=self.until(), progress=progress)
        )

    def announce(self, count: int, trail: str) -> None:
        """Note which children are about to be started; see `ClaimStore.announce`."""
        self._write(
            lambda: self.claims.announce(
                self.row, children=count, trail=trail, lease_until=self.until()
            )
        )

    def renewal_due(self) -> bool:
        """Whether half of the lease is over, and the attempt may outlive the rest of it."""
        if self.length_ms is None or self.stopped is not None:
            return False
        until = self.row.lease_until or 0
        return until < self._ends and until - self.clock() <= self.length_ms / 2

    def renew(self) -> None:
        """Extend the lease.

        Raises:
            ClaimLost: The task passed to another worker; the attempt goes on for nothing.
            TaskCancelled: It was cancelled.
        """
        self._write(lambda: self.claims.extend(self.row, lease_until=self.until()))

    def release(self) -> None:
        """Give the task back at once; see `ClaimStore.release`. The attempt is over."""
        self._write(lambda: self.claims.release(self.row))
        self.stopped = ClaimLost(f"{self.row.key} was handed back")

    def _write(self, write: Callable[[], Any]) -> None:
        with self.lock:
            if self.stopped is not None:
                raise self.stopped
            try:
                self.row = write()
            except (ClaimLost, TaskCancelled) as stop:
                self.stopped = stop
                raise
