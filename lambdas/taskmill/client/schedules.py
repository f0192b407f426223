"""Recurring schedules: tasks that are submitted again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from taskmill.client.connection import Connection
from taskmill.client.wire import to_body
from taskmill.model.api.base import Notify, Priority
from taskmill.model.api.schedules import Schedule
from taskmill.model.keys import check_name


class Schedules(Connection):
    """What a client may do with schedules."""

    def put_schedule(
        self,
        name: str,
        task_type: str,
        expression: str,
        input: Any = None,  # noqa: A002  # the field's word
        *,
        timezone: str = "UTC",
        paused: bool = False,
        task_name: str | None = None,
        notify: Notify | None = None,
        priority: Priority | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
    ) -> Schedule:
        """Submit a task again and again, or from now on in another way under the same name.

        Args:
            name: Of the schedule, unique within the tenant.
            expression: `cron(0 12 * * ? *)` or `rate(5 minutes)`, as EventBridge Scheduler has it.
            input: Of each task: what JSON can hold in 64 KB; pydantic models and dataclasses too.
            timezone: Whose clocks a cron expression goes by, as `Europe/Berlin`.
            paused: Keep it, but do not let it fire yet.

        Raises:
            InvalidRequest: A field is refused; the message names it.
            LimitExceeded: The input is too large.
        """
        body = {
            "taskType": task_type,
            "expression": expression,
            "input": input,
            "timezone": timezone,
            "paused": paused,
            "taskName": task_name,
            "notify": notify,
            "priority": priority,
            "onSuccess": on_success or None,
            "onFailure": on_failure or None,
            "onCompletion": on_completion or None,
            "logIds": log_ids,
        }
        return Schedule.model_validate(self._api.put(self._path(name), to_body(body)))

    def schedule(self, name: str) -> Schedule:
        """A schedule as it stands.

        Raises:
            TaskNotFound: There is none of this name.
        """
        return Schedule.model_validate(self._api.get(self._path(name)))

    def schedules(self, *, page_size: int = 100) -> Iterator[Schedule]:
        """A tenant's schedules by name; further pages as they are needed."""
        return map(Schedule.model_validate, self._api.pages(self._folder, limit=page_size))

    def pause_schedule(self, name: str) -> Schedule:
        """Keep a schedule, but let it fire no more. Tasks that it has submitted go on."""
        return Schedule.model_validate(self._api.post(f"{self._path(name)}/pause", repeatable=True))

    def resume_schedule(self, name: str) -> Schedule:
        """Let a paused schedule fire again. What it missed is not made up for."""
        path = f"{self._path(name)}/resume"
        return Schedule.model_validate(self._api.post(path, repeatable=True))

    def delete_schedule(self, name: str) -> Schedule:
        """Remove a schedule and return it as it was. Tasks that it has submitted go on."""
        return Schedule.model_validate(self._api.delete(self._path(name)))

    @property
    def _folder(self) -> str:
        return f"/v1/tenants/{quote(self.tenant, safe='')}/schedules"

    def _path(self, name: str) -> str:
        return f"{self._folder}/{check_name('name', name)}"
