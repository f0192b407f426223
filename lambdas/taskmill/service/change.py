"""Changes from outside: reports, cancel, retry, alarms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sns import alarm_notification
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.model.api.views import Task
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import RUNNING, Status
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.stored_attributes import stored_attributes, stored_error

OUTSIDE_LEASE_MS = 900_000  # a report from outside counts as a heartbeat for so long


@dataclass(frozen=True, kw_only=True)
class Changes(ServiceParts):
    """Moves tasks as the status table allows."""

    def update_status(
        self,
        *,
        key: Key,
        status: Status | str,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Move a task from outside, as the status table allows.

        STARTED and PROCESSING hold a single task for the reporter for 15 minutes: until then no
        worker of the queue takes it, afterwards it is taken over as the next attempt.

        Args:
            attributes: `result` (any JSON), `error` (an exception, a mapping or text), others.
            notify_id: The `id` of the notification that the change causes.

        Raises:
            TaskNotFound: Nothing has this key; nothing is created.
            IllegalStatusChange: The table has no such move.
        """
        task_key, target = TaskKey.of(key), _status(status)
        extra: dict[str, Any] = {"notifyId": notify_id} if notify_id else {}
        if target in RUNNING and task_key.kind is Kind.TASK:
            extra["leaseUntil"] = self.clock() + OUTSIDE_LEASE_MS
        row = self.tasks.move(
            task_key, target, attributes=self._attributes(task_key, attributes), extra=extra
        )
        return Task.from_row(row)

    def update_sub_task_status(
        self,
        *,
        key: Key,
        status: Status | str,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """As `update_status`, of a subtask; announced as `sub-task-status`."""
        if TaskKey.of(key).index is None:
            raise InvalidRequest(f"{key} names no subtask", field="key")
        return self.update_status(
            key=key, status=status, attributes=attributes, notify_id=notify_id
        )

    def update_step_function_task(
        self,
        *,
        key: Key,
        attributes: Mapping[str, Any] | None = None,
        status: Status | str | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Merge attributes into a step function task, and move it when a status is given."""
        task_key = TaskKey.of(key)
        if not is_fan_out(task_key):
            raise InvalidRequest(f"{task_key} is no step function task", field="key")
        if status is not None:
            return self.update_status(
                key=task_key, status=status, attributes=attributes, notify_id=notify_id
            )
        stored = self._attributes(task_key, attributes)
        return Task.from_row(self.tasks.amend(task_key, stored, notify_id=notify_id))

    def cancel(self, *, key: Key) -> Task:
        """Cancel a task that has not ended; of a fan-out the execution stops.

        Raises:
            IllegalStatusChange: It has ended.
        """
        task_key = TaskKey.of(key)
        if task_key.index is not None:
            raise InvalidRequest("a subtask is cancelled with its parent", field="key")
        return Task.from_row(self.tasks.move(task_key, Status.CANCELLED))

    def retry(self, *, key: Key) -> Task:
        """Run a failed or cancelled task again; of a fan-out only what did not complete.

        Raises:
            IllegalStatusChange: It has neither failed nor been cancelled.
        """
        task_key = TaskKey.of(key)
        if task_key.index is not None:
            raise InvalidRequest("a subtask is retried with its parent", field="key")
        row = self.tasks.reopen(task_key)
        return Task.from_row(row or self.children.reopen(self.tasks.get(task_key)))

    def publish_alarm(
        self,
        *,
        event: TaskQueueEvent | StepFunctionTaskEvent | Key,
        error_details: Mapping[str, Any] | BaseException,
    ) -> None:
        """Put an alarm about a task on the alarm topic.

        Raises:
            InvalidRequest: This process knows no alarm topic.
        """
        if self.alarm_topic is None:
            raise InvalidRequest("no alarm topic is configured here", field="alarmTopic")
        key = event.key if isinstance(event, TaskQueueEvent | StepFunctionTaskEvent) else event
        row = self.tasks.get(TaskKey.of(key))
        details = stored_error(error_details)
        table = self.tasks.table.name
        self.alarm_topic.publish([alarm_notification(row, table=table, error_details=details)])

    def _attributes(self, key: TaskKey, given: Mapping[str, Any] | None) -> dict[str, Any]:
        if not given:
            return {}
        return stored_attributes(self.payloads, self.tasks.get(key), given, now=self.clock())


def _status(status: Status | str) -> Status:
    try:
        return Status(status)
    except ValueError:
        known = ", ".join(Status)
        raise InvalidRequest(
            f"{status!r} is no status; known are {known}", field="status"
        ) from None
