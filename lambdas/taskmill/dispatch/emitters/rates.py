"""Takes units of rate limits for new tasks, once for each limit in a delivery of the stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.rate_grants import RateGrants
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import SendMessage, TakeUnits
from taskmill.model.clock import Clock, now_ms
from taskmill.model.flow_control.admission import LATE_MS
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

_SENT = (Status.QUEUED, Status.SCHEDULED)


@dataclass(frozen=True, kw_only=True)
class RateEmitter:
    """Grants new tasks their starts, and has them sent for that time: before `WorkEmitter`.

    The start is written before the message is sent: a worker that found none would take units anew.
    A record that comes again finds the start in the row, and only sends again.
    """

    tasks: TaskStore
    grants: RateGrants
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        caused = delivery.of(TakeUnits)
        if caused:
            delivery.together(caused, lambda each: self._grant(each, delivery))

    def _grant(self, caused: Sequence[Caused], delivery: StreamDelivery) -> None:
        """Grant those that are new still, and send all that wait for their message.

        They are read first: a record that comes again must not take units again, which are lost.
        """
        found = self.tasks.find_many([each.reaction.row.key for each in caused])
        new = [row for row in found if row is not None and row.status is Status.CREATED]
        granted = {row.key: row for row in self.grants.grant(new) if row is not None}
        for each, row in zip(caused, found, strict=True):
            now = granted.get(row.key, row) if row is not None else None
            if now is not None and _waits_for_its_message(now):
                delivery.cause(each.record, SendMessage(now, self._visible_at(now)))

    def _visible_at(self, row: TaskRow) -> int | None:
        """When its message is to arrive: less than a second early, as SQS counts whole seconds."""
        start = row.rate_at or 0
        return start - LATE_MS + 1 if start > self.clock() else None


def _waits_for_its_message(row: TaskRow) -> bool:
    """Whether a task has its start, and has not begun; it may have been sent before."""
    return row.status in _SENT and row.rate_at is not None and not row.attempts
