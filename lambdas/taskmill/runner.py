"""Single tasks: claim, run one attempt, write how it ended."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.attempts import Attempt, Outcome
from taskmill.clock import Clock, now_ms
from taskmill.errors import AttemptsSpent, TaskCancelled
from taskmill.keys import TaskKey
from taskmill.rows import TaskRow
from taskmill.statuses import Status
from taskmill.store import ClaimStore, TaskStore

GRACE_MS = 15_000  # a lease ends so long after its attempt must have ended
MARGIN_MS = 3_000  # kept free before the process is stopped, for the last write


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs the task that a message names."""

    tasks: TaskStore
    claims: ClaimStore
    attempt: Attempt
    logger: Any
    clock: Clock = now_ms

    def fits(self, key: TaskKey, remaining_ms: int) -> bool:
        """Whether an attempt begun now could use its whole timeout."""
        _, timeout_seconds = self.attempt.policy(key.type)
        return remaining_ms >= timeout_seconds * 1000 + MARGIN_MS

    def run(self, key: TaskKey, *, remaining_ms: Callable[[], int]) -> None:
        """Run one attempt of a task, if this delivery gets the claim.

        Args:
            remaining_ms: Milliseconds until the process is stopped.

        Raises:
            ClaimLost: Not this delivery's turn; `again_in_ms` says when to deliver it again.
            TaskNotFound: No task has this key.
        """
        retry, timeout_seconds = self.attempt.policy(key.type)
        lease = _Lease(self, timeout_ms=round(timeout_seconds * 1000), remaining_ms=remaining_ms)
        try:
            row = self.claims.claim(
                key,
                fence=secrets.token_hex(8),
                lease_until=lease.until(),
                max_attempts=retry.max_attempts,
            )
        except AttemptsSpent as spent:
            self._give_up(key, spent)
            return
        self.logger.info("claimed", key=str(key), attempt=row.attempts)
        lease.row = row
        try:
            outcome = self.attempt.run(
                row,
                remaining_ms=remaining_ms() - MARGIN_MS,
                report=lease.report,
                look=lambda: self.tasks.get(key).status is Status.CANCELLED,
            )
            self._write(lease.row, outcome)
        except TaskCancelled:
            self.logger.info("cancelled", key=str(key), attempt=row.attempts)

    def _write(self, row: TaskRow, outcome: Outcome) -> None:
        if outcome.retry_at is not None:
            error = outcome.attributes["error"]
            self.claims.errored(row, error=error, retry_at=outcome.retry_at)
        else:
            self.claims.end(row, outcome.status, attributes=outcome.attributes)
        self.logger.info(
            "ended", key=str(row.key), attempt=row.attempts, status=str(outcome.status)
        )

    def _give_up(self, key: TaskKey, spent: AttemptsSpent) -> None:
        """No attempt is left and the last one's worker is gone: the task has failed."""
        if self.tasks.fail(key, spent):
            self.logger.warning("gave up", key=str(key), reason=str(spent))


@dataclass
class _Lease:
    """The claim of one attempt and how long it holds: progress extends it."""

    runner: Runner
    timeout_ms: int
    remaining_ms: Callable[[], int]
    row: Any = None

    def until(self) -> int:
        left = min(self.timeout_ms, self.remaining_ms())
        return self.runner.clock() + left + GRACE_MS

    def report(self, progress: Mapping[str, Any]) -> None:
        self.row = self.runner.claims.extend(self.row, lease_until=self.until(), progress=progress)
