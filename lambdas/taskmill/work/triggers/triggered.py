"""Starts the tasks that messages ask for.

The worker that receives the message stores the task as STARTED, under a claim of its own, and runs
it: two writes for a task, and neither the API nor the stream before it starts. Tasks with limits,
of other queues and of paused types are stored as those of a submit are. If a task with this code
is stored already, the message was delivered before, and the task is claimed as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from taskmill.aws.dynamodb.claimed_inserts import insert_claimed
from taskmill.aws.s3.inputs import with_input
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.sqs.protocol import Delivery
from taskmill.aws.starts import Starts
from taskmill.functions.registry import Registry
from taskmill.model.clock import Clock, now_ms
from taskmill.model.correlation import correlation
from taskmill.model.errors import InvalidRequest, LimitExceeded, TaskExists, UnknownPool
from taskmill.model.keys import TaskKey
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.task_row import DEFAULT_NOTIFY, TaskRow
from taskmill.model.statuses import Status
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounds
from taskmill.work.admission.pause_admission import PauseAdmission
from taskmill.work.leases import Lease
from taskmill.work.triggers.messages import Trigger, TriggerReader
from taskmill.work.triggers.refused_rows import refused_row


class Runs(Protocol):
    """Runs attempts as the receiver of the message wants it."""

    def lease(self, key: TaskKey) -> Lease:
        """A lease for an attempt that is not claimed yet."""
        ...

    def attempt(self, key: TaskKey, lease: Lease | None = None) -> None:
        """Run an attempt under a lease; with a row it is claimed, without it is still to be."""
        ...


@dataclass(frozen=True, kw_only=True)
class TriggeredTasks:
    """Stores the tasks that messages ask for, and has them run.

    Attributes:
        pause: Tells which types may be paused; None: nothing is paused here.
    """

    reader: TriggerReader
    starts: Starts
    payloads: PayloadStore
    registry: Registry
    logger: Any
    pause: PauseAdmission | None = None
    clock: Clock = now_ms

    def run(self, trigger: Trigger, delivery: Delivery, runs: Runs) -> None:
        """Store the task of a trigger, and run it here unless it belongs to other workers.

        Raises:
            ClaimLost: It is stored already, and this delivery does not get it.
        """
        row = self._row(trigger, delivery)
        if not self._runs_here(row):
            self._submit(row)
            return
        held = runs.lease(row.key)
        retry, _ = self.registry.policy(row.key.type)
        held.row = insert_claimed(
            self.starts.tasks.table,
            row,
            fence=held.fence,
            lease_until=held.until(),
            max_attempts=retry.max_attempts,
            now=self.clock(),
        )
        what = "triggered" if held.row else "triggered before"
        self.logger.info(what, key=str(row.key), source=trigger.source)
        runs.attempt(row.key, held)

    def _runs_here(self, row: TaskRow) -> bool:
        """Whether a worker of the normal queue may run it, now, and at once."""
        if row.status is not Status.CREATED or lane_of(row) != Lane.NORMAL or row.is_limited:
            return False
        if self.pause is not None and self.pause.may_hold(row.key):
            return False
        return row.expires_at is None or row.expires_at > self.clock()

    def _submit(self, row: TaskRow) -> None:
        try:
            self.starts.put(row)
        except TaskExists:
            self.logger.info("triggered before", key=str(row.key), source=row.created_by)
        else:
            fields = {**correlation(row), "key": str(row.key), "source": row.created_by}
            self.logger.info("triggered", **fields, status=str(row.status))

    def _row(self, trigger: Trigger, delivery: Delivery) -> TaskRow:
        """The row of the task; it has FAILED if it can be no task, as nobody is there to be told.

        An input that its function does not accept fails the attempt.
        """
        now, task_type = self.clock(), trigger.key.type
        try:
            settings = self.registry.settings_of_new(task_type)
            row = _new_row(trigger, settings, now=now, since=delivery.sent_at or now)
            hidden = self.registry.hides_input(task_type)
            row = self.registry.limited(row, trigger.input)
            return with_input(self.payloads, row, trigger.input, hidden=hidden)
        except (InvalidRequest, LimitExceeded, UnknownPool) as refused:
            row = _new_row(trigger, TaskSettings(), now=now, since=now)
            return refused_row(row, refused, now=now, days=self.starts.tasks.retention_days)


def _new_row(trigger: Trigger, settings: TaskSettings, *, now: int, since: int) -> TaskRow:
    """The row of the task, still without its input.

    Args:
        since: When its expiry and deadline begin to count, in epoch ms.
    """
    timed = bounds(settings, since=since)
    row = TaskRow(
        key=trigger.key,
        status=Status.CREATED,
        name=trigger.key.type,
        callbacks=settings.callbacks,
        runner=settings.runner,
        pool=settings.pool,
        priority=None if settings.priority == "normal" else settings.priority,
        notify=DEFAULT_NOTIFY,
        created_at=now,
        updated_at=now,
        created_by=trigger.source,
        history=((Status.CREATED, now, 0),),
    )
    return row.but(**timed, timed_from=since) if any(timed.values()) else row
