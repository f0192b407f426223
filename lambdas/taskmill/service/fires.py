"""What a schedule has submitted and will submit, and fires that somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.s3.inputs import with_input
from taskmill.model.api.requests import InvokeContext
from taskmill.model.api.schedules import ScheduleFire, ScheduleFires
from taskmill.model.api.views import Task
from taskmill.model.clock import to_datetime
from taskmill.model.derived_codes import timed_code
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.new_codes import new_code
from taskmill.model.recurrence.fires import last_fires, next_fires
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.service.schedules import Scheduling, live
from taskmill.work.fires import Fire, fired_row, input_of

LAST, NEXT = 20, 5


@dataclass(frozen=True, kw_only=True)
class Firing(Scheduling):
    """Lists the fires of schedules, and fires them by hand."""

    def list_fires(self, *, tenant_code: str, name: str) -> ScheduleFires:
        """The last 20 due times of a schedule with their tasks, and its next 5.

        The codes of the tasks follow from the times, so it reads only these.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        row, now = self._live(tenant_code, name), self.clock()
        timing = (row.expression, row.timezone)
        begun = row.created_at or now
        past = last_fires(*timing, before=now, anchor=begun, most=LAST)
        keys = [self._key(row, at) for at in past]
        found = self.rows_of(keys)
        fires = tuple(
            ScheduleFire(
                at=to_datetime(at), task=Task.from_row(found[key]) if key in found else None
            )
            for at, key in zip(past, keys, strict=True)
        )
        ahead = next_fires(*timing, after=now, anchor=begun, most=NEXT)
        runs = row.state == "ENABLED"
        return ScheduleFires(fires=fires, next=tuple(map(to_datetime, ahead)) if runs else ())

    def fire_schedule(
        self, *, tenant_code: str, name: str, invoke_context: InvokeContext | None = None
    ) -> Task:
        """Submit a task of a schedule now, besides its due times; also of one that is paused.

        Raises:
            TaskNotFound: No schedule has this name.
            UnknownPool: The task type runs in a worker pool that the stack does not have.
        """
        schedule, now = self._live(tenant_code, name), self.clock()
        context = invoke_context or InvokeContext()
        settings = self.registry.settings_of_new(schedule.task_type)
        fire = Fire(tenant_code, name, now)
        row = fired_row(schedule, fire, settings=settings, now=now).but(
            key=TaskKey(
                Kind.TASK,
                tenant_code,
                schedule.task_type,
                timed_code(now, "fired by hand", tenant_code, name, new_code()),
            ),
            pool=settings.pool,
            created_by=context.user,
            created_ip=context.source_ip,
            request_id=context.request_id,
        )
        hidden = self.registry.hides_input(schedule.task_type)
        value = input_of(self.registry, schedule)
        row = self.registry.limited(row, value)
        return Task.from_row(self.starts.put(with_input(self.payloads, row, value, hidden=hidden)))

    def _live(self, tenant: str, name: str) -> ScheduleRow:
        return live(self.schedules.get(tenant, name), name)

    def _key(self, row: ScheduleRow, at: int) -> TaskKey:
        return TaskKey(Kind.TASK, row.tenant, row.task_type, Fire(row.tenant, row.name, at).code)
