"""Backfills: tasks for due times of a schedule that have passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from taskmill.aws.s3.inputs import with_inputs
from taskmill.model.api.requests import InvokeContext
from taskmill.model.api.schedules import Backfill
from taskmill.model.chunks import chunked
from taskmill.model.clock import to_datetime, to_ms
from taskmill.model.errors import InvalidRequest
from taskmill.model.limits import MAX_BACKFILL
from taskmill.model.recurrence.fires import next_fires
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.fires import Firing
from taskmill.work.fires import Fire, fired_row, input_of

_TOGETHER = 500  # rows that are made before they are stored


@dataclass(frozen=True, kw_only=True)
class Backfilling(Firing):
    """Submits what a schedule would have submitted."""

    def backfill(
        self,
        *,
        tenant_code: str,
        name: str,
        since: datetime,
        until: datetime,
        dry_run: bool = False,
        invoke_context: InvokeContext | None = None,
    ) -> Backfill:
        """Submit a task for each past due time of a schedule, also of one that is paused.

        The codes of the tasks follow from the times: what was submitted before, by a fire or a
        backfill, is not submitted again. They start at once, without jitter and whatever the
        schedule's `overlap` says; a limit of concurrency holds them back.

        Args:
            since: The first due time; a rate has none before the schedule was created.
            until: The last one; not later than now.
            dry_run: Only count.

        Raises:
            TaskNotFound: No schedule has this name.
            InvalidRequest: The span ends before it begins, or later than now, or has more than
                10,000 due times.
            UnknownPool: The task type runs in a worker pool that the stack does not have.
        """
        schedule = self._live(tenant_code, name)
        times = self._times(schedule, to_ms(since), to_ms(until))
        ends = {"first": to_datetime(times[0]), "last": to_datetime(times[-1])} if times else {}
        submitted = 0
        for chunk in () if dry_run else chunked(times, _TOGETHER):
            rows = self._backfilled(schedule, chunk, invoke_context or InvokeContext())
            submitted += sum(each is not None for each in self.starts.put_many(rows))
        return Backfill(name=name, count=len(times), submitted=submitted, **ends)

    def _times(self, schedule: ScheduleRow, since: int, until: int) -> list[int]:
        now = self.clock()
        if since > until:
            raise InvalidRequest("from is later than to", field="from")
        if until > now:
            raise InvalidRequest("to is later than now: the schedule will fire then", field="to")
        ahead = next_fires(
            schedule.expression,
            schedule.timezone,
            after=since - 1,
            anchor=schedule.created_at or now,
            most=MAX_BACKFILL + 1,
        )
        times = list(takewhile(lambda at: at <= until, ahead))
        if len(times) > MAX_BACKFILL:
            raise InvalidRequest(
                f"there are more than {MAX_BACKFILL:,} due times from {to_datetime(since)} to"
                f" {to_datetime(until)}; at most {MAX_BACKFILL:,} are accepted in one request",
                field="to",
                limit=MAX_BACKFILL,
            )
        return times

    def _backfilled(
        self, schedule: ScheduleRow, times: list[int], context: InvokeContext
    ) -> list[TaskRow]:
        now, settings = self.clock(), self.registry.settings_of_new(schedule.task_type)
        value = input_of(self.registry, schedule)
        rows = []
        for at in times:
            fire = Fire(schedule.tenant, schedule.name, at)
            row = fired_row(schedule, fire, settings=settings, now=now, since=now).but(
                pool=settings.pool,
                created_by=context.user,
                created_ip=context.source_ip,
                request_id=context.request_id,
            )
            rows.append(self.registry.limited(row, value))
        hidden = self.registry.hides_input(schedule.task_type)
        return with_inputs(self.payloads, rows, [value] * len(rows), hidden=[hidden] * len(rows))
