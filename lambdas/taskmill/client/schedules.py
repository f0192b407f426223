"""Recurring schedules, which submit tasks by a cron or rate expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.client.wire import to_body, to_moment
from taskmill.model.api.base import Notify, Priority
from taskmill.model.api.schedules import Backfill, Overlap, Schedule, ScheduleFires
from taskmill.model.api.views import Task
from taskmill.model.keys import check_name
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.limits import MAX_PAGE
from taskmill.model.options import check_named, check_text, check_whole, suggests
from taskmill.model.recurrence.timetable import EXPRESSION_LIMIT
from taskmill.model.submit_checks import checked_options


class Schedules(Connection):
    """The client's methods for schedules."""

    @operation
    @suggests
    def put_schedule(
        self,
        name: str,
        task_type: str,
        expression: str,
        input: Any = LEFT_OUT,  # noqa: A002  # the field's word
        *,
        timezone: str = "UTC",
        paused: bool = False,
        task_name: str | None = None,
        notify: Notify | None = None,
        priority: Priority | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        overlap: Overlap | None = None,
        jitter_seconds: int | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
    ) -> Steps[Schedule]:
        """Create a schedule, or replace the schedule with this name.

        Args:
            name: Name of the schedule, unique within the tenant.
            expression: `cron(0 12 * * ? *)` or `rate(5 minutes)`, as in EventBridge Scheduler.
            input: Input of each task, up to 64 KB of JSON; also pydantic models and dataclasses.
                Left out, it is the default of the task function.
            timezone: Time zone of a cron expression, as `Europe/Berlin`.
            paused: Store the schedule, but do not let it fire.
            task_name: Name of its tasks, for people; the task type by default.
            expires_seconds, deadline_seconds: Of its tasks; they count from the time of the fire.
            overlap: What becomes of a fire while the task of an earlier one has not ended: "allow"
                submits a task (the default), "skip" none, "one" lets one task wait for that end,
                "cancel" cancels the earlier one.
            jitter_seconds: Its tasks start later than the due time by up to so many seconds.

        The other arguments are those of `TaskClient.submit`.

        Raises:
            InvalidRequest: A field is invalid; the message names it.
            LimitExceeded: The input is too large.
        """
        given = checked_options(
            {
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
            },
            wire_names=True,
        )
        check_text("expression", expression, most=EXPRESSION_LIMIT)
        check_text("timezone", timezone, most=64)
        body = {
            "taskType": check_named("task_type", task_type),
            "expression": expression,
            "input": input,
            "timezone": timezone,
            "paused": paused,
            "taskName": task_name,
            "notify": notify,
            "priority": priority,
            "expiresSeconds": expires_seconds,
            "deadlineSeconds": deadline_seconds,
            "overlap": overlap,
            "jitterSeconds": jitter_seconds,
            "onSuccess": given["on_success"] or None,
            "onFailure": given["on_failure"] or None,
            "onCompletion": given["on_completion"] or None,
            "logIds": log_ids,
        }
        request = Request("PUT", self._path(name), to_body(body), repeatable=True)
        return Schedule.model_validate((yield request))

    @operation
    def schedule(self, name: str) -> Steps[Schedule]:
        """Get a schedule.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return Schedule.model_validate((yield getting(self._path(name))))

    @listing
    @suggests
    def schedules(self, *, page_size: int = 100) -> Listing[Schedule]:
        """The tenant's schedules by name; requests each page when it is needed."""
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        return Listing(self._folder, Schedule.model_validate, {"limit": page_size})

    @operation
    def pause_schedule(self, name: str) -> Steps[Schedule]:
        """Pause a schedule. Tasks that it has submitted continue.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        request = Request("POST", f"{self._path(name)}/pause", repeatable=True)
        return Schedule.model_validate((yield request))

    @operation
    def resume_schedule(self, name: str) -> Steps[Schedule]:
        """Resume a paused schedule. Runs that it missed are not made up for.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        request = Request("POST", f"{self._path(name)}/resume", repeatable=True)
        return Schedule.model_validate((yield request))

    @operation
    def delete_schedule(self, name: str) -> Steps[Schedule]:
        """Remove a schedule and return it. Tasks that it has submitted continue.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return Schedule.model_validate((yield Request("DELETE", self._path(name))))

    @operation
    def schedule_fires(self, name: str) -> Steps[ScheduleFires]:
        """The last 20 due times of a schedule with the tasks that it submitted, and the next 5.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return ScheduleFires.model_validate((yield getting(f"{self._path(name)}/fires")))

    @operation
    def fire_schedule(self, name: str) -> Steps[Task]:
        """Submit a task of a schedule now; also of one that is paused.

        Raises:
            TaskNotFound: No schedule has this name.
        """
        return Task.model_validate((yield Request("POST", f"{self._path(name)}/fire")))

    @operation
    @suggests
    def backfill_schedule(
        self, name: str, since: datetime, until: datetime, *, dry_run: bool = False
    ) -> Steps[Backfill]:
        """Submit a task for each past due time of a schedule; also of one that is paused.

        What was submitted before for a due time is not submitted again.

        Args:
            since: The first due time, with a time zone.
            until: The last one; not later than now.
            dry_run: Only count.

        Raises:
            TaskNotFound: No schedule has this name.
            InvalidRequest: The span has more than 10,000 due times, or is none.
        """
        given = checked_options({"since": since, "until": until, "dry_run": dry_run})
        body = {
            "from": to_moment(given["since"]),
            "to": to_moment(given["until"]),
            "dryRun": dry_run,
        }
        path = f"{self._path(name)}/backfill"
        return Backfill.model_validate(
            (yield Request("POST", path, to_body(body), repeatable=True))
        )

    @property
    def _folder(self) -> str:
        return f"{tenant_path(self.tenant)}/schedules"

    def _path(self, name: str) -> str:
        return f"{self._folder}/{check_name('name', name)}"
