"""One invocation's work on a claimed batch: runs its subtasks, and stops in time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from taskmill.aws.dynamodb.claimable import spent_reason
from taskmill.fanout.due_subtasks import DueSubtasks
from taskmill.fanout.outcomes import Outcomes
from taskmill.fanout.subtask_attempt import SubtaskAttempt
from taskmill.fanout.ticking import Ticking
from taskmill.model.correlation import caused_as
from taskmill.model.error_details import final_error
from taskmill.model.errors import AttemptsSpent, ClaimLost, SubtasksDueLater, SubtasksRemain
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.work.attempts import Attempt, Outcome
from taskmill.work.patience import OutOfPatience, Patience
from taskmill.work.reports import Looks

if TYPE_CHECKING:
    from taskmill.fanout.batch import BatchRunner
    from taskmill.fanout.batch_input import Range

LOOK_UP_SECONDS = 10.0  # how often a batch checks whether its parent was cancelled
NAP_SECONDS = 10.0  # how long one invocation sleeps for retries in all; else the workflow waits
TOGETHER_MS = 60_000  # later retries due within a minute of the first of them run with it
MARGIN_MS = 5_000  # reserved before the function's deadline for the last writes
LAST_MS = 1_000  # no call is tried again in the last second
LEASE_GRACE_MS = 5_000  # 5 s after its deadline, the invocation is certainly dead


@dataclass
class BatchWork:
    """One invocation's work on a claimed batch."""

    runner: BatchRunner
    parent: TaskRow
    batch: BatchRow
    where: Range | None
    remaining_ms: Callable[[], int]
    looked_up: float = field(default_factory=time.monotonic)
    ran: int = 0
    napped: float = 0.0

    def __post_init__(self) -> None:
        # What is left of the last margin is for the release.
        self.patience = self._patience(2 * LAST_MS)
        # If a subtask kills its worker, the outcomes of the others must be stored by then.
        self.outcomes = Outcomes(
            self.runner.subtasks, self.patience, at_once=self.batch.crashed_before
        )
        self.parent_ended = Looks(self._has_ended, self.runner.attempt.logger)
        self.input = self.runner.input_of(self)
        self.subtasks = DueSubtasks(
            store=self.runner.subtasks,
            parent=self.parent,
            batch=self.batch,
            input=self.input,
            outcomes=self.outcomes,
            patience=self.patience,
            clock=self.runner.clock,
        )

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Beside the work: write outcomes that wait for 2 s, and tell the counts every 10 s.

        Raises:
            SubtasksRemain: AWS was unreachable until the deadline was near: invoke again.
        """
        tell = Ticking(self.outcomes, self._tell, self.runner.attempt.logger)
        try:
            with tell:
                yield
        except OutOfPatience as gone:
            # Without the release, the next invocation would take this one to have crashed.
            self._or_remain(lambda: self.runner.batches.release(self.batch), LAST_MS // 2)
            raise SubtasksRemain(str(gone)) from None

    def run(self) -> bool:
        """Run the subtasks that are due. True: all have ended, and the batch is closed.

        Raises:
            SubtasksRemain: As `BatchRunner.run`.
        """
        self.outcomes.begin()
        attempt: Attempt | None = None
        for row in self.subtasks.due():
            attempt = attempt or self._attempt()
            self._run_row(row, attempt)
        self.outcomes.flush()
        if self.outcomes.lost:  # another invocation changed rows: read them again
            return self.run()
        if self.outcomes.due:
            return False
        counts, ttl = self.outcomes.counts(), self.parent.rows_ttl
        self._or_remain(lambda: self.runner.batches.close(self.batch, counts, ttl=ttl))
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

    # Running

    def _attempt(self) -> Attempt:
        return dataclasses.replace(self.runner.attempt, read=self.input.get)

    def _run_row(self, row: TaskRow, runner: Attempt) -> None:
        self._stop_if_near_deadline(row)
        self._stop_if_cancelled()
        retry, _ = self.runner.attempt.policy(row.key.type)
        if row.attempts >= retry.max_attempts:
            self.outcomes.add(row, _spent(row, retry.max_attempts))
            return
        attempt = SubtaskAttempt(self.runner.subtasks, row.but(attempts=row.attempts + 1))
        self.ran += 1
        try:
            if self.batch.crashed_before:
                # Some subtask of this batch kills its worker: mark each one before it runs, so
                # that the next invocation sees which one it was, and counts the attempt.
                self.patience(lambda: attempt.mark({}))
            outcome = runner.run(
                caused_as(attempt.row, self.parent),
                remaining_ms=self.remaining_ms() - MARGIN_MS,
                report=attempt.report,
                look=self._was_cancelled,
                patience=self.patience,
            )
            row = self.patience(attempt.ended)
        except ClaimLost:
            self.outcomes.lost = True
        else:
            self.outcomes.add(row, outcome)
        finally:
            self.input.let_go(row)

    # Stopping

    def _has_ended(self) -> bool:
        """Whether this run of the fan-out is over."""
        now = self.runner.tasks.get(self.parent.key)
        return now.ended or now.run != self.parent.run

    def _was_cancelled(self) -> bool:
        now = self.runner.tasks.get(self.parent.key)
        return now.status is Status.CANCELLED or now.run != self.parent.run

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

    # Storing

    def _release(self) -> None:
        self.outcomes.flush()
        self._or_remain(lambda: self.runner.batches.release(self.batch))

    def _tell(self) -> None:
        """Tell the counts so far. Once the batch has passed to another invocation, no more."""
        self.runner.batches.tell(self.batch, self.outcomes.counts())

    def _or_remain(self, write: Callable[[], None], last_ms: int | None = None) -> None:
        patience = self.patience if last_ms is None else self._patience(last_ms)
        try:
            patience(write)
        except (ClaimLost, OutOfPatience) as lost:
            raise SubtasksRemain(str(lost)) from None

    def _patience(self, last_ms: int) -> Patience:
        runner = self.runner
        return Patience(
            lambda: runner.clock() + self.remaining_ms() - last_ms,
            runner.attempt.logger,
            runner.clock,
            runner.sleep,
        )


def _spent(row: TaskRow, max_attempts: int) -> Outcome:
    """The end of a subtask that has no attempt left; its error stays that of its last attempt."""
    reason = AttemptsSpent(spent_reason(row, max_attempts), row=row)
    return Outcome(Status.FAILED, {"error": final_error(row.attributes.get("error"), reason)})
