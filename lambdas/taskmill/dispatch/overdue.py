"""Which open tasks are overdue: nothing that is under way can be expected to move them any more.

Pure functions, without AWS and without a clock. What they say is a well-founded suspicion: acting
on it must be harmless, because the message may be there after all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskmill.aws.dynamodb.sweeps import AGAIN_AFTER_MS
from taskmill.model.flow_control.admission import gives_back
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status

GRACE_MS = 3_600_000  # an hour: stream, queues and retries of a healthy stack need minutes
QUEUE_MARGIN_MS = 900_000  # the longest delay of an SQS message, and of CloudWatch's figures

# Their message waits its turn in a queue, for days if there is a backlog: only when the queue has
# nothing as old is it gone. The same is true of a parent whose children have all been counted.
_QUEUED = frozenset({Status.QUEUED, Status.SCHEDULED, Status.ERRORED})


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a sweep knows when it looks at a row. Times are epoch ms.

    Attributes:
        now: The present time.
        grace_ms: How long a task must have been due.
        oldest: By lane, the time before which no message of its queue was sent; None: unknown.
    """

    now: int
    grace_ms: int = GRACE_MS
    oldest: Mapping[Lane, int | None] = field(default_factory=dict)


def why_overdue(row: TaskRow, look: Look) -> str | None:
    """Why this task is taken to be stuck; None: it is not, or nothing says so.

    A fan-out that has not moved for the grace period is "unmoved" only: its execution tells the
    rest. For a task whose message was sent again within the last day the answer is None.
    """
    holds = gives_back(row)
    if row.key.index is not None or (row.ended and not holds):
        return None
    due = row.updated_at or 0 if holds else _due_since(row)
    if due is None or due + look.grace_ms > look.now:
        return None
    if holds or is_fan_out(row.key):
        return "it holds slots" if holds else "unmoved"
    if row.swept_at is not None and row.swept_at + AGAIN_AFTER_MS > look.now:
        return None
    if (row.status in _QUEUED or row.is_awake) and not _gone(row, due, look):
        return None
    return _WHY[row.status]


_WHY: Mapping[Status, str] = {
    Status.CREATED: "never sent",
    Status.SCHEDULED: "not sent when due",
    Status.PARKED: "no slot came",
    Status.QUEUED: "its message is gone",
    Status.ERRORED: "its retry did not come",
    Status.STARTED: "its lease expired",
    Status.PROCESSING: "its lease expired",
    Status.WAITING: "not resumed",
    Status.FINISHED: "not settled",
}


def _due_since(row: TaskRow) -> int | None:
    """Since when something should have happened to a task; None: nothing has to.

    A task that was only reported as WAITING or FINISHED waits for nothing that is in the table, so
    that no message would move it.
    """
    changed = row.updated_at or 0
    if is_fan_out(row.key):
        return changed
    direct_until = row.lease_until if row.direct else None
    waits = {Status.WAITING: row.awaited_total, Status.FINISHED: row.settlement}
    known = {
        Status.CREATED: max(changed, row.run_at or 0, direct_until or 0),
        Status.SCHEDULED: max(changed, row.run_at or 0, row.line_at or 0),
        Status.PARKED: changed,
        Status.QUEUED: changed,
        Status.ERRORED: max(changed, row.retry_at or 0),
        Status.STARTED: row.lease_until,
        Status.PROCESSING: row.lease_until,
        Status.WAITING: changed,
        Status.FINISHED: changed,
    }
    return None if waits.get(row.status, "nothing") is None else known[row.status]


def _gone(row: TaskRow, due: int, look: Look) -> bool:
    """Whether each message of the task, sent when it was due at the latest, has left its queue."""
    lane = lane_of(row)
    oldest = look.oldest[lane] if lane in look.oldest else None  # noqa: SIM401  # see ByLane
    return oldest is not None and due + QUEUE_MARGIN_MS <= oldest
