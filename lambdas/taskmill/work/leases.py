"""The lease of a running attempt: its length, its extension, its end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.claims import ClaimStore
from taskmill.model.clock import Clock
from taskmill.model.errors import ClaimLost, TaskCancelled
from taskmill.model.per_process import ProcessLock
from taskmill.model.statuses import RUNNING
from taskmill.work.patience import Patience
from taskmill.work.standstill import STANDSTILL

GRACE_MS = 15_000  # a lease lasts 15 s longer than its attempt can run
LAST_MS = 1_000  # a call is not tried again in the last second of a lease, or of the process


@dataclass
class Lease:
    """The claim of one attempt on its task: how long it lasts, and the writes made under it.

    Each progress report extends the lease. A lease with `length_ms` is short, and must also be
    renewed while the attempt runs; the consumer's keeper does that.

    Attributes:
        timeout_ms: The task type's timeout.
        remaining_ms: Returns the milliseconds until the process is stopped.
        length_ms: Maximum length of the lease. None: it lasts as long as the attempt may take,
            plus 15 s.
        fence: The token of this claim; every later write of the attempt must show it.
        row: The task's row as of this attempt's last write; None before the claim.
        stopped: Why this attempt may write nothing more; None while it may.
        lock: Held during each write: the keeper renews in another thread.
        patience: For calls that can wait for as long as the lease holds and the process runs.
    """

    claims: ClaimStore
    clock: Clock
    logger: Any
    timeout_ms: int
    remaining_ms: Callable[[], int]
    length_ms: int | None = None
    fence: str = field(default_factory=lambda: secrets.token_hex(8))
    row: Any = None
    stopped: Exception | None = None
    lock: ProcessLock = field(default_factory=ProcessLock)
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self.patience = Patience(self._give_up_at, self.logger, self.clock, self.sleep)
        self._ends = self.clock() + min(self.timeout_ms, self.remaining_ms()) + GRACE_MS
        self._stood = STANDSTILL.seconds

    @property
    def taken_over(self) -> bool:
        """Whether the claim took the task from a worker that had vanished while it ran."""
        before = self.row.history[-2:-1]
        return any(status in RUNNING for status, *_ in before)

    def until(self) -> int:
        """When a lease that is taken or extended now ends, in epoch milliseconds."""
        now = self.clock()
        whole = now + min(self.timeout_ms, self.remaining_ms()) + GRACE_MS
        return whole if self.length_ms is None else min(whole, now + self.length_ms)

    def report(self, progress: Mapping[str, Any]) -> None:
        """Store progress, and extend the lease; see `ClaimStore.extend`."""
        kept = {"progress": progress}
        self._write(lambda: self.claims.extend(self.row, lease_until=self.until(), kept=kept))

    def keep(self, kept: Mapping[str, Any]) -> None:
        """Store how far a built-in task has got, and extend the lease; see `ClaimStore.extend`.

        The attempts before count no more: only workers that die one after the other at the same
        place use them up.
        """
        self._write(
            lambda: self.claims.extend(self.row, lease_until=self.until(), kept=kept, attempts=1)
        )

    def announce(self, count: int, trail: str) -> None:
        """Store the number and digest of the children about to start; see `ClaimStore.announce`."""
        self.patience(
            lambda: self._write(
                lambda: self.claims.announce(
                    self.row, children=count, trail=trail, lease_until=self.until()
                )
            )
        )

    def renewal_due(self) -> bool:
        """Whether the lease is half over and may expire before the attempt ends."""
        if self.length_ms is None or self.stopped is not None:
            return False
        until = self.row.lease_until or 0
        ends = self._ends + (STANDSTILL.seconds - self._stood) * 1000
        return until < ends and until - self.clock() <= self.length_ms / 2

    def renew(self) -> None:
        """Extend the lease.

        Raises:
            ClaimLost: The task passed to another worker; this attempt can store no outcome.
            TaskCancelled: The task was cancelled.
        """
        self._write(lambda: self.claims.extend(self.row, lease_until=self.until()))

    def release(self) -> None:
        """End the lease now, so that another worker can take the task; see `ClaimStore.release`.

        This attempt can write nothing after that.
        """
        self._write(lambda: self.claims.release(self.row))
        self.stopped = ClaimLost(f"{self.row.key} was handed back")

    def _give_up_at(self) -> int:
        stopped_at = self.clock() + self.remaining_ms()
        return min(self.row.lease_until or 0, stopped_at) - LAST_MS

    def _write(self, write: Callable[[], Any]) -> None:
        with self.lock:
            if self.stopped is not None:
                raise self.stopped
            try:
                self.row = write()
            except (ClaimLost, TaskCancelled) as stop:
                self.stopped = stop
                raise
