"""Keeps the schedules in EventBridge Scheduler in line with the schedule rows."""

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
    """In 5 tries, the row always changed again while its EventBridge schedule was updated."""


@dataclass(frozen=True, kw_only=True)
class ScheduleEmitter:
    """Creates, updates and deletes EventBridge schedules, whatever the order of the records.

    A record only tells which row changed; the row itself is read. It is read again afterwards: if
    it has changed, the update is repeated, so that of two dispatchers at the same time the last to
    write has the newest row.
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
                    self._bring_in_line(row)
                    done.add(row.stored)

    def _bring_in_line(self, seen: ScheduleRow) -> None:
        row = self.schedules.get(seen.tenant, seen.name)
        for _ in range(_LOOKS):
            self._apply(seen, row)
            before, row = row, self.schedules.get(seen.tenant, seen.name)
            if row == before:
                return
        raise Unsettled(f"schedule {seen.name!r} of {seen.tenant!r} keeps changing")

    def _apply(self, seen: ScheduleRow, row: ScheduleRow | None) -> None:
        if row is None or row.state == "DELETED":
            self.scheduler.remove(seen)
        else:
            self.scheduler.apply(row, now=self.clock())
