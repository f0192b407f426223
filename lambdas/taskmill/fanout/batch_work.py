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
from taskmill.fanout.expired_batch import ExpiredBatch
from taskmill.fanout.lanes import Lanes
from taskmill.fanout.outcomes import Outcomes
from taskmill.fanout.subtask_attempt import SubtaskAttempt
from taskmill.fanout.ticking import Ticking
from taskmill.model.correlation import caused_as
from taskmill.model.error_details import describe_error, final_error
from taskmill.model.errors import (
    AttemptsSpent,
    ClaimLost,
    InvalidRequest,
    SubtasksDueLater,
    SubtasksRemain,
)
from taskmill.model.fan_out_bounds import as_bounded_as, subtask_too_late
from taskmill.model.interruptions import HeldUp
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
    """One invocation's work on a claimed batch.

    Attributes:
        ran: How many subtasks were begun.
        stops: Why it is to be handed back as soon as what runs has ended.
    """

    runner: BatchRunner
    parent: TaskRow
    batch: BatchRow
    where: Range | None
    remaining_ms: Callable[[], int]
    looked_up: float = field(default_factory=time.monotonic)
    ran: int = 0
    stops: str | None = None
    napped: float = 0.0

    def __post_init__(self) -> None:
        # What is left of the last margin is for the release.
        self.patience = self._patience(2 * LAST_MS)
        # If a subtask kills its worker, the outcomes of the others must be stored by then.
        self.outcomes = Outcomes(
            self.runner.subtasks,
            self.patience,
            at_once=self.batch.crashed_before,
            run=self.parent.run,
        )
        self.parent_ended = Looks(self._has_ended, self.runner.attempt.logger)
        self.input = self.runner.input_of(self)
        self.paced = self.runner.paced()
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

    def expires(self) -> bool:
        """Give the batch up if its fan-out had expired before it began. True: that was done.

        Raises:
            SubtasksRemain: It has changed meanwhile.
        """
        runner = self.runner
        expired = ExpiredBatch(runner.batches, runner.subtasks, self.parent, self.batch)
        try:
            return self.patience(lambda: expired.give_up(runner.clock()))
        except ClaimLost as changed:
            self._hand_back(str(changed))

    def run(self) -> bool:
        """Run the subtasks that are due. True: all have ended, and the batch is closed.

        Raises:
            SubtasksRemain: As `BatchRunner.run`.
        """
        self.outcomes.begin()
        attempt = dataclasses.replace(self.runner.attempt, read=self.input.get)
        lanes = Lanes(self._begun(), lambda row: self._run_row(row, attempt))
        lanes.run(self._side_by_side(), self.runner.side_calls)
        if self.stops is not None:
            self._hand_back(self.stops)
        self.outcomes.flush()
        if self.outcomes.lost:  # another invocation changed rows: read them again
            return self.run()
        if self.outcomes.due:
            return False
        counts, errors = self.outcomes.counts(), self.outcomes.errors()
        close, ttl = self.runner.batches.close, self.parent.rows_ttl
        self._or_remain(lambda: close(self.batch, counts, errors=errors, ttl=ttl))
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

    def _side_by_side(self) -> int:
        """How many subtasks run at a time; one if one of them may be what kills its worker.

        Also one for each slot: a limited fan-out runs as many batches at a time as it has slots.
        """
        if self.batch.crashed_before or self.parent.gates:
            return 1
        size = self.batch.last - self.batch.first + 1
        return min(self.runner.attempt.registry.parallel(self.parent.key.type), size)

    def _begun(self) -> Iterator[TaskRow]:
        """The subtasks that are due, until the batch must be handed back."""
        for row in self.subtasks.due():
            self.stops = self.stops or self._why_stop(row)
            if self.stops is not None:
                return
            self.ran += 1
            yield row

    def _run_row(self, row: TaskRow, runner: Attempt) -> None:
        if (late := subtask_too_late(self.parent, row, self.runner.clock())) is not None:
            error = final_error(row.attributes.get("error"), late)
            self.outcomes.add(row, Outcome(late.ends_as, {"error": error}))
            return
        retry, _ = self.runner.attempt.policy(row.key.type)
        if row.attempts >= retry.max_attempts:
            self.outcomes.add(row, _spent(row, retry.max_attempts))
            self._count_crashes_anew()
            return
        if not self._may_start(row):
            return
        attempt = SubtaskAttempt(self.runner.subtasks, row.but(attempts=row.attempts + 1))
        try:
            if self.batch.crashed_before:
                # Some subtask of this batch kills its worker: mark each one before it runs, so
                # that the next invocation sees which one it was, and counts the attempt.
                self.patience(lambda: attempt.mark({}))
            outcome = runner.run(
                as_bounded_as(caused_as(attempt.row, self.parent), self.parent),
                remaining_ms=self.remaining_ms() - MARGIN_MS,
                report=attempt.report,
                look=self._was_cancelled,
                patience=self.patience,
            )
            row = self.patience(attempt.ended)
        except ClaimLost:
            self.outcomes.lost = True
        except HeldUp as held_up:
            self.stops = str(held_up)
        else:
            self.outcomes.add(row, outcome)
        finally:
            self.input.let_go(row)

    def _may_start(self, row: TaskRow) -> bool:
        """Wait until the rate limits let a subtask start. False: it does not start here."""
        try:
            start = self.paced.start_of(row, lambda: self._text_of(row))
        except InvalidRequest as refused:
            self.outcomes.add(row, Outcome(Status.FAILED, {"error": describe_error(refused)}))
            return False
        wait = start - self.runner.clock()
        if wait > 0:
            _, timeout_seconds = self.runner.attempt.policy(row.key.type)
            if self.remaining_ms() < wait + timeout_seconds * 1000 + 2 * MARGIN_MS:
                self.stops = "the deadline is too near to wait for the rate limit"
                return False
            self.runner.sleep(wait / 1000)
        return True

    def _text_of(self, row: TaskRow) -> str | None:
        ref = row.input_ref
        return row.input if ref is None else self.patience(lambda: self.input.get(ref))

    def _count_crashes_anew(self) -> None:
        """Leave the state and come back, now that a subtask that killed its worker has failed.

        The workflow gives up a batch after a number of crashes: those of one such subtask are not
        to be the end of its siblings.
        """
        if self.batch.crashed_before:
            self._release()
            raise SubtasksDueLater(self.runner.clock())

    # Stopping

    def _has_ended(self) -> bool:
        """Whether this run of the fan-out is over."""
        now = self.runner.tasks.get(self.parent.key)
        return now.ended or now.run != self.parent.run

    def _was_cancelled(self) -> bool:
        now = self.runner.tasks.get(self.parent.key)
        return now.status is Status.CANCELLED or now.run != self.parent.run

    def _why_stop(self, row: TaskRow) -> str | None:
        """Why the batch must be handed back before this subtask; None: it need not be."""
        _, timeout_seconds = self.runner.attempt.policy(row.key.type)
        needed = timeout_seconds * 1000 if self.ran else 0
        if self.remaining_ms() < needed + 2 * MARGIN_MS:
            return "the deadline is near"
        if time.monotonic() - self.looked_up < LOOK_UP_SECONDS:
            return None
        self.looked_up = time.monotonic()
        return "the step function task has ended" if self.parent_ended.look() else None

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
