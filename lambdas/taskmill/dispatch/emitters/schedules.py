"""Recurring schedules: EventBridge's entries follow the rows."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.schedules import ScheduleStore
from taskmill.aws.scheduler import Scheduler
from taskmill.dispatch.emitters.stream_delivery import StreamDelivery
from taskmill.dispatch.reactions import ApplySchedule
from taskmill.model.clock import Clock, now_ms
from taskmill.model.rows.schedule_row import ScheduleRow

_LOOKS = 5


class Unsettled(RuntimeError):
    """The row changed again whenever its entry had been brought in line with it."""


@dataclass(frozen=True, kw_only=True)
class ScheduleEmitter:
    """Brings entries in line with rows, whatever records come, how often and in which order.

    A record only says that there is something to do: what counts is the row as it stands now. It
    is looked at again afterwards, so that of two dispatchers the last to write has the newest.
    """

    schedules: ScheduleStore
    scheduler: Scheduler
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        done = set()
        for each in delivery.of(ApplySchedule):
            row: ScheduleRow = each.reaction.row
            if row.stored not in done:
                with delivery.parking([each.record]):
                    self._settle(row)
                    done.add(row.stored)

    def _settle(self, seen: ScheduleRow) -> None:
        row = self.schedules.get(seen.tenant, seen.name)
        for _ in range(_LOOKS):
            self._apply(seen, row)
            before, row = row, self.schedules.get(seen.tenant, seen.name)
            if row == before:
                return
        raise Unsettled(f"schedule {seen.name!r} of {seen.tenant!r} changes all the time")

    def _apply(self, seen: ScheduleRow, row: ScheduleRow | None) -> None:
        if row is None or row.state == "DELETED":
            self.scheduler.remove(seen)
        else:
            self.scheduler.apply(row, now=self.clock())
