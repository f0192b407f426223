"""Runs single tasks: claim, one attempt, write of its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.dynamodb.claims import ClaimStore
from taskmill.aws.dynamodb.refusals import INVALID, error_code
from taskmill.aws.dynamodb.subtask_reads import SubtaskReads
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.hints import Hints
from taskmill.aws.starts import Starts
from taskmill.model.callback_budget import DEFAULT_BUDGET
from taskmill.model.clock import Clock, now_ms
from taskmill.model.correlation import log_fields
from taskmill.model.error_details import describe_error
from taskmill.model.errors import (
    AttemptsSpent,
    ClaimLost,
    NotAdmitted,
    NotDeterministic,
    TaskCancelled,
)
from taskmill.model.flow_control.admission import has_later_start, is_admitted
from taskmill.model.interruptions import HeldUp
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import OutOfTime
from taskmill.work.admission.admissions import NO_LIMITS, Admission
from taskmill.work.admission.pause_admission import PauseAdmission
from taskmill.work.attempts import Attempt, Outcome, unstorable
from taskmill.work.cascade import Cascade, ChildrenMissing
from taskmill.work.children import Children
from taskmill.work.leases import Lease
from taskmill.work.spawning import Spawner

MAX_STALLS = 2  # resumes in a row that get no further; a child retried by hand may cause some
_CLAIMS = 4  # tries of a claim, each after its limits have let it pass
MARGIN_MS = 3_000  # reserved before the process is stopped, for writing the outcome


@dataclass(frozen=True, kw_only=True)
class TaskRunner:
    """Claims a single task, runs one attempt of it and stores the outcome.

    Attributes:
        admission: Gets what the limits of a task demand, before it is claimed.
        pause: Parks tasks of paused types before they are claimed; None: nothing is paused here.
        hints: Wakes parents of children that end here; None: the stream does, later.
        callback_budget: How many callbacks one submitted task may cause in all.
    """

    tasks: TaskStore
    subtasks: SubtaskReads
    claims: ClaimStore
    children: ChildStore
    starts: Starts
    cascade: Cascade
    attempt: Attempt
    logger: Any
    admission: Admission = NO_LIMITS
    pause: PauseAdmission | None = None
    hints: Hints | None = None
    callback_budget: int = DEFAULT_BUDGET
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def fits(self, key: TaskKey, remaining_ms: int) -> bool:
        """Whether an attempt that starts now could use its whole timeout."""
        _, timeout_seconds = self.attempt.policy(key.type)
        return remaining_ms >= timeout_seconds * 1000 + MARGIN_MS

    def run(
        self,
        key: TaskKey,
        *,
        remaining_ms: Callable[[], int],
        lease_ms: int | None = None,
        claimed: Callable[[Lease], None] = lambda _: None,
        returned: Callable[[], None] = lambda: None,
        lease: Lease | None = None,
    ) -> None:
        """Run one attempt of a task, if this delivery gets the claim.

        Args:
            remaining_ms: Returns the milliseconds until the process is stopped.
            lease_ms: Length of the lease, which the caller must then renew while the attempt
                runs. None: as long as the attempt may take.
            claimed: Called with the lease as soon as the task is claimed.
            returned: Called when the task code has ended, before its outcome is written.
            lease: An existing lease to use; with a row it is claimed already. None: make one.

        Raises:
            ClaimLost: This delivery does not get the task, or lost it while it ran; `again_in_ms`
                says when to deliver the message again.
            TaskNotFound: No task has this key.
            OutOfPatience: AWS could not be reached until the lease was nearly over.
        """
        lease = lease or self.lease(key, remaining_ms=remaining_ms, lease_ms=lease_ms)
        try:
            row = lease.row = lease.row or self._claim(key, lease)
        except AttemptsSpent as spent:
            self._give_up(spent)
            return
        except OutOfTime as late:
            self._end_late(late)
            return
        self.logger.info("claimed", **log_fields(row))
        claimed(lease)
        try:
            outcome = self._attempted(row, lease, remaining_ms)
            returned()
            lease.patience(lambda: self._store(lease, outcome))
        except TaskCancelled:
            self.logger.info("cancelled", **log_fields(row))
            # The dispatcher has cancelled the children it found, perhaps not those started since.
            # If some are still missing from the index here, the dispatcher's redelivery finds them.
            with suppress(ChildrenMissing):
                self.cascade.cancel(lease.row)

    def _attempted(self, row: TaskRow, lease: Lease, remaining_ms: Callable[[], int]) -> Outcome:
        """Run the attempt. Raises `ClaimLost` after it has given up the claim, as `run` says."""
        try:
            return self.attempt.run(
                row,
                remaining_ms=remaining_ms() - MARGIN_MS,
                report=lease.report,
                look=lambda: self._is_cancelled(lease),
                patience=lease.patience,
                spawner=self.spawner_of(lease),
            )
        except HeldUp as held_up:  # the next attempt is the same one
            lease.release()
            raise ClaimLost(f"{row.key}: {held_up}", again_in_ms=0) from None

    def lease(
        self, key: TaskKey, *, remaining_ms: Callable[[], int], lease_ms: int | None = None
    ) -> Lease:
        """A lease for an attempt that is not claimed yet. The arguments are those of `run`."""
        _, timeout_seconds = self.attempt.policy(key.type)
        return Lease(
            self.claims,
            self.clock,
            timeout_ms=round(timeout_seconds * 1000),
            remaining_ms=remaining_ms,
            length_ms=lease_ms,
            logger=self.logger,
            sleep=self.sleep,
        )

    def _claim(self, key: TaskKey, lease: Lease) -> TaskRow:
        """Claim the task, after getting what its limits demand."""
        if self.attempt.registry.settings(key.type).rates:
            row, now = self.tasks.get(key), self.clock()
            # Its limit may have been paused since; or the rest of a second is left to wait.
            if is_admitted(row, now) or has_later_start(row, now):
                self.admission.admit(row)
        if self.pause is not None:
            self.pause.check(key)
        for _ in range(_CLAIMS):
            try:
                return self._claimed(key, lease)
            except NotAdmitted as waits:
                self.admission.admit(waits.row)
        raise ClaimLost(f"{key} has changed", again_in_ms=1_000)

    def _claimed(self, key: TaskKey, lease: Lease) -> TaskRow:
        retry, _ = self.attempt.policy(key.type)
        return self.claims.claim(
            key,
            fence=lease.fence,
            lease_until=lease.until(),
            max_attempts=retry.max_attempts,
        )

    def _is_cancelled(self, lease: Lease) -> bool:
        if isinstance(lease.stopped, TaskCancelled):  # a renewal was refused for it
            return True
        return self.tasks.get(lease.row.key).status is Status.CANCELLED

    def spawner_of(self, lease: Lease) -> Spawner:
        """The spawner that starts children for the attempt that holds the lease."""
        return Spawner(
            children=Children(lease, self.children, self.starts),
            registry=self.attempt.registry,
            payloads=self.attempt.payloads,
            subtasks=self.subtasks,
            retention_days=self.claims.retention_days,
            callback_budget=self.callback_budget,
            clock=self.clock,
        )

    def _store(self, lease: Lease, outcome: Outcome) -> None:
        """Write an outcome; if the row cannot hold it, that it cannot is the outcome."""
        with lease.lock:
            try:
                self._write(lease.row, outcome)
            except ClientError as error:
                if error_code(error) not in INVALID:
                    raise
                self._write(lease.row, unstorable(str(error)))

    def _write(self, row: TaskRow, outcome: Outcome) -> None:
        attributes = outcome.attributes
        if outcome.retry_at is not None:
            self._pause_limit(row, outcome)
            again, back = outcome.retry_at, outcome.after is not None
            self.claims.errored(row, attributes=attributes, retry_at=again, returned=back)
        elif outcome.handed_on:
            self.claims.hand_on(row, attributes=attributes)
        elif outcome.status is Status.WAITING:
            self._suspend(row, outcome)
        elif outcome.settlement is not None:
            self.claims.finished(row, outcome.settlement, attributes=attributes)
        else:
            self._end(row, outcome.status, attributes)
        self.logger.info("ended", **log_fields(row, status=str(outcome.status)))

    def _pause_limit(self, row: TaskRow, outcome: Outcome) -> None:
        """Let no task of the limit that `RetryAfter` names start before this one may."""
        limit = outcome.after.limit if outcome.after else None
        calls = self.attempt.limit_calls
        if limit is not None and calls is not None and outcome.retry_at is not None:
            calls.of(row).pause(limit, outcome.retry_at)

    def _end(self, row: TaskRow, status: Status, attributes: Mapping[str, Any]) -> None:
        """Store the end of a task; of a child that is awaited alone, count it and wake its parent.

        For that, all others have the stream, which is the guarantee for this one, too.
        """
        tally = self.children.tally_of(row, status) if self.hints else None
        if tally is None or self.hints is None:
            self.claims.end(row, status, attributes=attributes)
        elif self.claims.end_counted(row, status, attributes=attributes, tally=tally):
            self.hints.send([TaskKey.from_text(row.parent or "")])
        else:
            self.claims.end(row, status, attributes=attributes)

    def _suspend(self, row: TaskRow, outcome: Outcome) -> None:
        """Store WAITING, or fail a task that was resumed too often without getting further."""
        further = outcome.awaited > (row.awaited_total or 0)
        stalls = 0 if further else (row.stalls or 0) + 1
        if stalls <= MAX_STALLS:
            self.claims.suspend(
                row, awaited=outcome.awaited, stalls=stalls, attributes=outcome.attributes
            )
            return
        error = NotDeterministic(
            f"resumed {stalls} times without getting further than {outcome.awaited} children:"
            " it must make the same calls each time it runs"
        )
        self.claims.end(row, Status.FAILED, attributes={"error": describe_error(error)})

    def _give_up(self, spent: AttemptsSpent) -> None:
        """Fail a task that has no attempt left.

        Raises:
            ClaimLost: Its row has changed meanwhile; the message must be looked at again.
        """
        row: TaskRow = spent.row
        if not self.tasks.fail(row, spent):
            raise ClaimLost(f"{row.key} has changed", again_in_ms=1_000)
        self.logger.warning("gave up", key=str(row.key), reason=str(spent))

    def _end_late(self, late: OutOfTime) -> None:
        """End a task that is past its expiry or its deadline. Raises as `_give_up` does."""
        row = late.row
        if row is None or not self.tasks.fail(row, late, status=late.ends_as):
            raise ClaimLost("the task has changed", again_in_ms=1_000)
        fields = log_fields(row, status=str(late.ends_as), reason=str(late))
        self.logger.warning("out of time", **fields)
