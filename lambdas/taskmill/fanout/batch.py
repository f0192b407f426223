"""The batch step of a fan-out, one Lambda call per Map iteration: runs the batch's subtasks."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.claimable import spent_reason
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.s3.elements import Elements
from taskmill.fanout.outcomes import Outcomes
from taskmill.fanout.subtask_attempt import SubtaskAttempt
from taskmill.model.clock import Clock, now_ms
from taskmill.model.correlation import caused_as
from taskmill.model.error_details import final_error
from taskmill.model.errors import AttemptsSpent, ClaimLost, SubtasksDueLater, SubtasksRemain
from taskmill.model.fan_out_bounds import as_bounded_as, not_begun_in_time, subtask_too_late
from taskmill.model.keys import BatchKey, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.work.attempts import Attempt, Outcome
from taskmill.work.patience import Patience
from taskmill.work.reports import Looks

LOOK_UP_SECONDS = 10.0  # how often a batch checks whether its parent was cancelled
NAP_SECONDS = 10.0  # how long one invocation sleeps for retries in all; else the workflow waits
TOGETHER_MS = 60_000  # later retries due within a minute of the first of them run with it
MARGIN_MS = 5_000  # reserved before the function's deadline for the last writes
LAST_MS = 1_000  # no call is tried again in the last second
LEASE_GRACE_MS = 5_000  # 5 s after its deadline, the invocation is certainly dead


@dataclass(frozen=True, kw_only=True)
class BatchRunner:
    """Runs one batch: claims it, runs the subtasks that have not ended, stores the counts."""

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore
    attempt: Attempt
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def run(
        self,
        key: TaskKey,
        span: tuple[int, int],
        *,
        owner: str,
        retry: int,
        remaining_ms: Callable[[], int],
    ) -> None:
        """Run the subtasks `span[0]` to `span[1]` (inclusive) of a step function task.

        Args:
            owner: The execution that invokes this. A later `retry` of the same owner may take the
                batch over at once; any other waits until the lease runs out.
            retry: Which retry of the iteration this is, from 0.
            remaining_ms: Returns the milliseconds until the function is stopped.

        Raises:
            SubtasksDueLater: Invoke again at `due`, when the next retries are; or at once, for
                crashes to be counted anew.
            SubtasksRemain: Invoke again: the deadline is near, another invocation has the batch,
                or the parent has ended (then the next invocation returns at once).
            TaskNotFound: No step function task has this key.
        """
        parent = self.tasks.get(key)
        if parent.ended:
            return
        batch = self._claim(parent, span, owner, retry, remaining_ms)
        if batch.status is Status.COMPLETED:
            return
        work = _BatchWork(self, parent, batch, remaining_ms)
        while not work.run():
            work.wait_for_retries()

    def _claim(
        self,
        parent: TaskRow,
        span: tuple[int, int],
        owner: str,
        retry: int,
        remaining_ms: Callable[[], int],
    ) -> BatchRow:
        size = parent.batch_size or (span[1] - span[0] + 1)
        try:
            return self.batches.claim(
                BatchKey(parent.key, span[0] // size),
                span=span,
                fence=secrets.token_hex(8),
                owner=owner,
                retry=retry,
                until=self.clock() + remaining_ms() + LEASE_GRACE_MS,
            )
        except ClaimLost as held:
            raise SubtasksRemain(str(held)) from None


@dataclass
class _BatchWork:
    """One invocation's work on a claimed batch."""

    runner: BatchRunner
    parent: TaskRow
    batch: BatchRow
    remaining_ms: Callable[[], int]
    looked_up: float = field(default_factory=time.monotonic)
    ran: int = 0
    napped: float = 0.0
    expired: bool = False

    def __post_init__(self) -> None:
        runner = self.runner
        self.patience = Patience(
            lambda: runner.clock() + self.remaining_ms() - LAST_MS,
            runner.attempt.logger,
            runner.clock,
            runner.sleep,
        )
        # If a subtask kills its worker, the outcomes of the others must be stored by then.
        self.outcomes = Outcomes(runner.subtasks, self.patience, at_once=self.batch.crashed_before)
        self.parent_ended = Looks(
            lambda: runner.tasks.get(self.parent.key).ended, runner.attempt.logger
        )

    def run(self) -> bool:
        """Run the subtasks that are due. True: all have ended, and the batch is closed.

        Raises:
            SubtasksRemain: As `BatchRunner.run`.
        """
        self.outcomes.begin()
        span = (self.batch.first, self.batch.last)
        rows = self.patience(lambda: list(self.runner.subtasks.read(self.parent.key, *span)))
        self.expired = not_begun_in_time(self.parent, rows, self.runner.clock())
        attempt = self._attempt_for([row for row in rows if not (row.ended or self._is_later(row))])
        for row in rows:
            if row.ended:
                self.outcomes.found(row)
            elif self._is_later(row):
                self.outcomes.due.append(row.retry_at or 0)
            else:
                self._run_row(row, attempt)
        self.outcomes.flush()
        if self.outcomes.lost:  # another invocation changed rows: read them again
            return self.run()
        if self.outcomes.due:
            return False
        self._or_remain(lambda: self.runner.batches.close(self.batch, self.outcomes.counts()))
        return True

    def wait_for_retries(self) -> None:
        """Sleep until all retries due within 10 s can run, or hand the batch back.

        Raises:
            SubtasksDueLater: No retry is that near, or this invocation has slept 10 s in all.
            SubtasksRemain: The deadline is too near to wait.
        """
        now, dues = self.runner.clock(), self.outcomes.due
        near = [due for due in dues if due - now <= (NAP_SECONDS - self.napped) * 1000]
        if not near:
            self._release()
            raise SubtasksDueLater(max(due for due in dues if due - min(dues) <= TOGETHER_MS))
        seconds = max(max(near) - now, 0) / 1000
        if self.remaining_ms() < seconds * 1000 + 3 * MARGIN_MS:
            self._hand_back("the deadline is too near to wait for the next retries")
        self.napped += seconds
        self.runner.sleep(seconds)

    def _is_later(self, row: TaskRow) -> bool:
        """Whether the row's next attempt is not due yet."""
        return row.status is Status.ERRORED and (row.retry_at or 0) > self.runner.clock()

    def _attempt_for(self, rows: Sequence[TaskRow]) -> Attempt:
        """The `Attempt` that runs these rows, reading their inputs in few, large S3 requests."""
        elements = Elements(self.runner.attempt.payloads, rows)
        return dataclasses.replace(self.runner.attempt, read=elements.get)

    def _run_row(self, row: TaskRow, runner: Attempt) -> None:
        self._stop_if_near_deadline(row)
        self._stop_if_cancelled()
        now, expired = self.runner.clock(), self.expired
        if (late := subtask_too_late(self.parent, row, now, expired=expired)) is not None:
            error = final_error(row.attributes.get("error"), late)
            self.outcomes.add(row, Outcome(late.ends_as, {"error": error}))
            return
        retry, _ = self.runner.attempt.policy(row.key.type)
        if row.attempts >= retry.max_attempts:
            self.outcomes.add(row, _spent(row, retry.max_attempts))
            self._count_crashes_anew()
            return
        attempt = SubtaskAttempt(self.runner.subtasks, row.but(attempts=row.attempts + 1))
        self.ran += 1
        try:
            if self.batch.crashed_before:
                # Some subtask of this batch kills its worker: mark each one before it runs, so
                # that the next invocation sees which one it was, and counts the attempt.
                self.patience(lambda: attempt.mark({}))
            outcome = runner.run(
                as_bounded_as(caused_as(attempt.row, self.parent), self.parent),
                remaining_ms=self.remaining_ms() - MARGIN_MS,
                report=attempt.report,
                look=lambda: self.runner.tasks.get(self.parent.key).status is Status.CANCELLED,
                patience=self.patience,
            )
            row = self.patience(attempt.ended)
        except ClaimLost:
            self.outcomes.lost = True
        else:
            self.outcomes.add(row, outcome)

    def _count_crashes_anew(self) -> None:
        """Leave the state and come back, now that a subtask that killed its worker has failed.

        The workflow gives up a batch after a number of crashes: those of one such subtask are not
        to be the end of its siblings.
        """
        if self.batch.crashed_before:
            self._release()
            raise SubtasksDueLater(self.runner.clock())

    def _stop_if_near_deadline(self, row: TaskRow) -> None:
        _, timeout_seconds = self.runner.attempt.policy(row.key.type)
        needed = timeout_seconds * 1000 if self.ran else 0
        if self.remaining_ms() < needed + 2 * MARGIN_MS:
            self._hand_back("the deadline is near")

    def _stop_if_cancelled(self) -> None:
        if time.monotonic() - self.looked_up < LOOK_UP_SECONDS:
            return
        self.looked_up = time.monotonic()
        if self.parent_ended.look():
            self._hand_back("the step function task has ended")

    def _hand_back(self, why: str) -> NoReturn:
        self._release()
        raise SubtasksRemain(f"batch {self.batch.key.number} of {self.parent.key}: {why}")

    def _release(self) -> None:
        self.outcomes.flush()
        self._or_remain(lambda: self.runner.batches.release(self.batch))

    def _or_remain(self, write: Callable[[], None]) -> None:
        try:
            self.patience(write)
        except ClaimLost as lost:
            raise SubtasksRemain(str(lost)) from None


def _spent(row: TaskRow, max_attempts: int) -> Outcome:
    """The end of a subtask that has no attempt left; its error stays that of its last attempt."""
    reason = AttemptsSpent(spent_reason(row, max_attempts), row=row)
    return Outcome(Status.FAILED, {"error": final_error(row.attributes.get("error"), reason)})
