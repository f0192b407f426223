"""The batch step of a fan-out, one Lambda call per Map iteration: runs the batch's subtasks."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from taskmill.aws.dynamodb.batch_claims import Invocation
from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.flow_control.rates import RateStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.fanout.batch_input import BatchInput, Range
from taskmill.fanout.batch_work import LEASE_GRACE_MS, BatchWork
from taskmill.fanout.paced_subtasks import PacedSubtasks
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import ClaimLost, SubtasksRemain
from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL
from taskmill.work.attempts import Attempt
from taskmill.work.side_calls import SideCalls, Threads


@dataclass(frozen=True, kw_only=True)
class BatchRunner:
    """Runs one batch: claims it, runs the subtasks that have not ended, stores the counts."""

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore
    attempt: Attempt
    rates: RateStore
    side_calls: SideCalls = field(default_factory=Threads)
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def run(
        self,
        key: TaskKey,
        span: tuple[int, int],
        *,
        where: Range | None = None,
        owner: str,
        retry: int,
        remaining_ms: Callable[[], int],
    ) -> None:
        """Run the subtasks `span[0]` to `span[1]` (inclusive) of a step function task.

        Args:
            where: Offset and number of bytes of their elements in the input object. None: the
                input is in the row, or is read from its beginning.
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
            NewerLayout: A newer version has split it.
        """
        parent = self.tasks.get(key)
        if parent.ended or _is_of_earlier_run(owner, parent):
            return
        batch = self._claim(parent, span, owner, retry, remaining_ms)
        if batch.status in FINAL:
            return
        work = BatchWork(self, parent, batch, where, remaining_ms)
        with work.telling():
            if work.expires():
                return
            while not work.run():
                work.wait_for_retries()

    def paced(self) -> PacedSubtasks:
        """The rate limits of a batch's subtasks."""
        return PacedSubtasks(self.attempt.registry, self.rates, self.clock)

    def input_of(self, work: BatchWork) -> BatchInput:
        """The elements of a batch."""
        return BatchInput(
            payloads=self.attempt.payloads,
            parent=work.parent,
            span=(work.batch.first, work.batch.last),
            where=work.where,
            patience=work.patience,
        )

    def _claim(
        self,
        parent: TaskRow,
        span: tuple[int, int],
        owner: str,
        retry: int,
        remaining_ms: Callable[[], int],
    ) -> BatchRow:
        size = parent.batch_size or (span[1] - span[0] + 1)
        invocation = Invocation(
            fence=secrets.token_hex(8),
            owner=owner,
            retry=retry,
            until=self.clock() + remaining_ms() + LEASE_GRACE_MS,
        )
        try:
            return self.batches.claim(parent, span[0] // size, invocation)
        except ClaimLost as held:
            raise SubtasksRemain(str(held)) from None


def _is_of_earlier_run(owner: str, parent: TaskRow) -> bool:
    """Whether an execution is of an earlier run: it was stopped, but its last call came late."""
    name = owner.rpartition(":")[2]
    earlier = range(1, parent.run)
    return name in {execution_name(parent.key, run, parent.created_at) for run in earlier}
