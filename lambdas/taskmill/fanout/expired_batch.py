"""A batch that begins after its fan-out has expired: given up in one write, nothing of it runs."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.given_up import GivingUp
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.errors import ClaimLost
from taskmill.model.fan_out_bounds import not_begun_in_time
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


@dataclass(frozen=True)
class ExpiredBatch:
    """A claimed batch that may have expired."""

    batches: BatchStore
    subtasks: SubtaskStore
    parent: TaskRow
    batch: BatchRow

    def give_up(self, now: int) -> bool:
        """Give the batch up if it begins after the expiry; what has ended from outside stays.

        Returns:
            Whether it was given up.

        Raises:
            ClaimLost: It has changed meanwhile: claim it again.
        """
        parent, batch = self.parent, self.batch
        if parent.expires_at is None or now < parent.expires_at:
            return False
        rows = self.subtasks.read(parent.key, batch.first, batch.last)
        if not not_begun_in_time(parent, rows, now):
            return False
        giving_up = GivingUp(
            batches=self.batches,
            subtasks=self.subtasks,
            parent=parent,
            status=Status.CANCELLED,
            reason="its batch had not begun before the task expired",
        )
        if giving_up.one(batch.key.number, batch) is None:
            raise ClaimLost(f"batch {batch.key.number} of {parent.key} has changed", again_in_ms=0)
        return True
