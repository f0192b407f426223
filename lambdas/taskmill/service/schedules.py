"""Recurring schedules: tasks that are submitted by a cron or rate expression."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.model.api.requests import InvokeContext
from taskmill.model.api.schedules import Schedule
from taskmill.model.clock import DAY_SECONDS
from taskmill.model.errors import Conflict, TaskNotFound
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.pools import check_priority
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.service.cross_tenant import foreign_source, traced
from taskmill.service.parts import ServiceParts
from taskmill.service.schedule_requests import check_input, checked, replaced, schedule_row

_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Scheduling(ServiceParts):
    """Stores schedules; the dispatcher keeps EventBridge Scheduler in line with them."""

    def schedule(
        self,
        *,
        tenant_code: str,
        name: str,
        task_type: str,
        expression: str,
        timezone: str = "UTC",
        input: Any = LEFT_OUT,  # noqa: A002  # as the API's field
        paused: bool = False,
        task_name: str | None = None,
        notify: str | None = None,
        priority: str | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        overlap: str | None = None,
        jitter_seconds: int | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
        invoke_context: InvokeContext | None = None,
    ) -> Schedule:
        """Create a schedule, or replace the one with the same name.

        The same call again changes nothing. A rate is counted from the first call with this name.

        Args:
            name: The schedule's name, unique within the tenant.
            expression: `cron(0 12 * * ? *)` or `rate(5 minutes)`, as in EventBridge Scheduler.
            timezone: The time zone of a cron expression, such as `Europe/Berlin`. A time skipped by
                the clocks in spring does not fire; one that occurs twice in autumn fires once.
            input: The input of each task: JSON of up to 64 KB. Left out, it is the default of
                the task function; None is null.
            paused: Store the schedule, but do not let it fire yet.
            task_name: A display name for its tasks; default: the task type.
            notify: Which notifications its tasks publish; default: as for any task.
            priority: Of its tasks; default: that of the task type.
            expires_seconds, deadline_seconds: Of its tasks, counted from the time of the fire;
                default: those of the task type.
            overlap: What becomes of a fire while the task of an earlier one has not ended: "allow"
                submits a task (the default), "skip" none, "one" lets one task wait for that end,
                "cancel" cancels the earlier one.
            jitter_seconds: Its tasks start later than the due time by up to so many seconds.
            on_success, on_failure, on_completion: Task types to submit as callbacks of its tasks,
                in addition to those that the task type declares.
            log_ids: Fields for every log line of its tasks.

        Raises:
            InvalidRequest: A field is not valid, or the schedule would never fire.
            UnknownPool: The task type runs in a worker pool that the stack does not have.
            LimitExceeded: The input is larger than 64 KB or the configured maximum.
            Conflict: Others keep changing the schedule, or the tenant has 1,000 schedules already.
            Forbidden: A task of another tenant calls it, and the stack refuses that.
        """
        source = foreign_source(tenant_code, allowed=self.cross_tenant)
        given = {
            "task_type": task_type,
            "expression": expression,
            "timezone": timezone,
            "paused": paused,
            "task_name": task_name,
            "notify": notify,
            "priority": priority,
            "expires_seconds": expires_seconds,
            "deadline_seconds": deadline_seconds,
            "overlap": overlap,
            "jitter_seconds": jitter_seconds,
            "on_success": on_success,
            "on_failure": on_failure,
            "on_completion": on_completion,
            "log_ids": log_ids,
        }
        if input is not LEFT_OUT:
            given["input"] = input
        row = schedule_row(
            tenant_code,
            name,
            checked(given),
            traced(invoke_context or InvokeContext(), source),
            now=self.clock(),
            max_bytes=self.payloads.max_bytes,
        )
        check_input(self.registry, row.task_type, input)
        settings = self.registry.settings_of_new(row.task_type)
        check_priority(row.task_type, row.priority, settings.pool)

        def stored_or_new(before: ScheduleRow | None) -> ScheduleRow:
            if before is None or before.state == "DELETED":
                self._check_schedule_count(tenant_code)
            return replaced(before, row)

        return self._change(tenant_code, name, stored_or_new)

    def get_schedule(self, *, tenant_code: str, name: str) -> Schedule:
        """The schedule with this name.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        row = self.schedules.shown(tenant_code, name)
        return self._view(row if isinstance(row, UnreadableRow) else live(row, name))

    def list_schedules(
        self, *, tenant_code: str, after: str | None = None, limit: int = 100
    ) -> list[Schedule]:
        """Up to `limit` schedules of a tenant, ordered by name, paused ones included.

        Args:
            after: Only names after this one.
        """
        found = self.schedules.list(tenant_code, after=after)
        return [self._view(row) for row in itertools.islice(found, limit)]

    def pause_schedule(self, *, tenant_code: str, name: str) -> Schedule:
        """Stop a schedule from firing, but keep it. Tasks it has submitted are not affected.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return self._set_state(tenant_code, name, "PAUSED")

    def resume_schedule(self, *, tenant_code: str, name: str) -> Schedule:
        """Let a paused schedule fire again. Fires missed while it was paused are not repeated.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return self._set_state(tenant_code, name, "ENABLED")

    def delete_schedule(self, *, tenant_code: str, name: str) -> Schedule:
        """Delete a schedule and return it. Tasks it has submitted are not affected.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        before = self.get_schedule(tenant_code=tenant_code, name=name)
        # The row stays for a day, so that the dispatcher can delete the EventBridge schedule.
        ttl = self.clock() // 1000 + DAY_SECONDS
        self._set_state(tenant_code, name, "DELETED", ttl=ttl)
        return before

    def _check_schedule_count(self, tenant: str) -> None:
        """Refuse a further schedule of a tenant that has as many as it may have.

        Those that are created at the same moment do not see each other.
        """
        room = itertools.islice(self.schedules.list(tenant), self.max_schedules)
        if sum(1 for _ in room) == self.max_schedules:
            raise Conflict(
                f"tenant {tenant!r} has {self.max_schedules:,} schedules; no more are accepted",
                limit=self.max_schedules,
            )

    def _set_state(self, tenant: str, name: str, state: str, **more: Any) -> Schedule:
        return self._change(
            tenant,
            name,
            lambda before: dataclasses.replace(live(before, name), state=state, **more),
        )

    def _change(
        self, tenant: str, name: str, change: Callable[[ScheduleRow | None], ScheduleRow]
    ) -> Schedule:
        """Apply a change to the stored row; nothing is written if it changes nothing."""
        for _ in range(_TRIES):
            before = self.schedules.get(tenant, name)
            after = change(before)
            if after == before:
                return self._view(after)
            stored = self.schedules.put(
                dataclasses.replace(after, updated_at=self.clock()), over=before
            )
            if stored is not None:
                return self._view(stored)
        raise Conflict(f"schedule {name!r} is being changed by others; try again", field="name")

    def _view(self, row: ScheduleRow | UnreadableRow) -> Schedule:
        if isinstance(row, ScheduleRow) and self.registry.hides_input(row.task_type):
            row = dataclasses.replace(row, input=None)  # it may hold secrets
        return Schedule.from_row(row, now=self.clock())


def live(row: ScheduleRow | None, name: str) -> ScheduleRow:
    """The row of a schedule that is there.

    Raises:
        TaskNotFound: It is not, or not any more.
    """
    if row is None or row.state == "DELETED":
        raise TaskNotFound(f"no schedule {name!r}", field="name")
    return row
