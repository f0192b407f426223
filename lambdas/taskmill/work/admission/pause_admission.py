"""Pauses at the claim: a task of a paused type is PARKED, without its message, until it resumes."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
from taskmill.aws.dynamodb.flow_control.waiters import WaiterStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

_HELD = frozenset({Status.CREATED, Status.SCHEDULED, Status.QUEUED, Status.ERRORED})


@dataclass(frozen=True, kw_only=True)
class PauseAdmission:
    """Parks tasks whose type or tenant is paused, before they are claimed.

    What holds a slot already goes on, and so does what runs.
    """

    pauses: PauseStore
    waiters: WaiterStore
    tasks: TaskStore
    clock: Clock = now_ms

    def may_hold(self, key: TaskKey) -> bool:
        """Whether a task may have to be parked; cheap, and a few seconds old."""
        return self.pauses.may_hold(key.tenant, key.type)

    def check(self, key: TaskKey) -> None:
        """Park a task if its type is paused.

        Raises:
            ClaimLost: It was parked, and needs no message; or it has changed.
            TaskNotFound: No task has this key.
        """
        if not self.may_hold(key):
            return
        gate = self.pauses.gate_of(key.tenant, key.type)
        row = self.tasks.get(key) if gate is not None else None
        if gate is None or row is None or not is_held(row, self.clock()):
            return
        if self.waiters.park([row], gate):
            raise ClaimLost(f"{key} has changed", again_in_ms=1_000)
        raise ClaimLost(f"{key} is PARKED: its type or tenant is paused")


def is_held(row: TaskRow, now: int) -> bool:
    """Whether a pause holds back a task: it is due, and does not run."""
    if row.slots is not None or row.direct:
        return False
    due = max(row.run_at or 0, row.retry_at or 0)
    return (row.status in _HELD and due <= now) or row.is_awake
