"""Changes of tasks by callers: status updates, cancel, retry, alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.writes import not_found, reopening
from taskmill.aws.s3.expiry import expired
from taskmill.aws.sns import alarm_notification
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.model.api.requests import InvokeContext
from taskmill.model.api.views import Task
from taskmill.model.chosen_subtasks import MOST, Chosen
from taskmill.model.errors import Conflict, IllegalStatusChange, InvalidRequest, LimitExceeded
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.history import Actor
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import RETRYABLE, RUNNING, Status
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import is_counted, is_packed
from taskmill.model.time_bounds import renewed
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.reports import Report
from taskmill.service.stored_attributes import stored_attributes, stored_error
from taskmill.service.subtask_reports import SubtaskReport
from taskmill.work.admission.one_at_a_time import holds_on_retry

OUTSIDE_LEASE_MS = 900_000  # a status update from outside leases the task for 15 min


@dataclass(frozen=True, kw_only=True)
class Changes(ServiceParts):
    """Changes tasks within the legal moves of the status table (`model/statuses.py`)."""

    def update_status(
        self,
        *,
        key: Key,
        status: Status | str,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Move a task to another status, if the status table allows the move.

        STARTED and PROCESSING lease a single task to the caller for 15 minutes. Until then no
        worker takes it; afterwards a worker may take it over as the next attempt. FINISHED means
        that the caller's work is done: the task ends when its children have, at once if it has
        none. A task that waits for its children can be ended, but not taken over.

        Args:
            attributes: `result` (any JSON value), `error` (an exception, a mapping or text), and
                attributes of your own, up to 16 KB together without the result.
            notify_id: The `id` for the notification about this change.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
            IllegalStatusChange: The status table does not allow this move, the task waits for its
                children, or it may not begin: it has no slot, its start by a rate limit is to come,
                or its type is paused.
            InvalidRequest: `status` is unknown, or the attributes are not JSON or too large.
            LimitExceeded: The result is larger than the configured maximum.
        """
        task_key, target = TaskKey.of(key), _status(status)
        extra: dict[str, Any] = {"notifyId": notify_id} if notify_id else {}
        if target in RUNNING and task_key.kind is Kind.TASK:
            extra["leaseUntil"] = self.clock() + OUTSIDE_LEASE_MS
        stored = self._attributes(task_key, attributes)
        if task_key.index is not None:
            subtask = SubtaskReport(reads=self.subtasks, key=task_key, target=target)
            return Task.from_row(subtask.store(stored, extra))
        report = Report(
            tasks=self.tasks,
            children=self.children,
            key=task_key,
            target=target,
            pauses=self.limits.pauses if self.limits else None,
        )
        return Task.from_row(report.store(stored, extra))

    def update_sub_task_status(
        self,
        *,
        key: Key,
        status: Status | str,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Like `update_status`, for a subtask; the notification is a `sub-task-status`.

        Raises:
            InvalidRequest: The key is not a subtask's.
        """
        if TaskKey.of(key).index is None:
            raise InvalidRequest(f"{TaskKey.of(key).label} is no subtask", field="key")
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
        """Merge attributes into a step function task, and move it if `status` is given.

        Raises:
            InvalidRequest: The key is not a step function task's.
        """
        task_key = TaskKey.of(key)
        if not is_fan_out(task_key):
            raise InvalidRequest(f"{task_key.label} is no step function task", field="key")
        if status is not None:
            return self.update_status(
                key=task_key, status=status, attributes=attributes, notify_id=notify_id
            )
        stored = self._attributes(task_key, attributes)
        return Task.from_row(self.tasks.amend(task_key, stored, notify_id=notify_id))

    def cancel(
        self,
        *,
        key: Key,
        invoke_context: InvokeContext | None = None,
        reason: str | None = None,
    ) -> Task:
        """Cancel a task that has not ended, and its children; a fan-out's execution is stopped.

        Args:
            invoke_context: The caller, whom the history names.
            reason: Why, for the history; up to 180 characters of it are kept.

        Raises:
            TaskNotFound: No task has this key.
            IllegalStatusChange: The task has ended.
            InvalidRequest: The key is a subtask's: it is cancelled with its parent.
        """
        task_key = TaskKey.of(key)
        if task_key.index is not None:
            raise InvalidRequest("a subtask is cancelled with its parent", field="key")
        try:
            return Task.from_row(
                self.tasks.move(task_key, Status.CANCELLED, actor=_actor(invoke_context, reason))
            )
        except IllegalStatusChange as refused:
            raise IllegalStatusChange(
                f"only tasks that have not ended can be cancelled; {task_key.label} is"
                f" {refused.details.get('status')}",
                **refused.details,
            ) from None

    def retry(
        self,
        *,
        key: Key,
        invoke_context: InvokeContext | None = None,
        reason: str | None = None,
    ) -> Task:
        """Run a failed or cancelled task again; of a fan-out, only subtasks that did not complete.

        A fan-out that completed in spite of some failures, which it tolerates, can be retried, too.

        A subtask is run again in the next run of its parent, which runs nothing else.

        Args:
            invoke_context: The caller, whom the history names.
            reason: Why, for the history; up to 180 characters of it are kept.

        Raises:
            TaskNotFound: No task has this key.
            IllegalStatusChange: The task is neither FAILED nor CANCELLED, and no subtask of it is.
            Conflict: The key is a subtask's, whose parent has no final counts (yet); or another
                task has the key that the task had to itself.
            PayloadMissing: The input has expired, so that the task could only fail again; or what
                its subtasks have completed has, which would run again.
            UnreadableRow: Nothing could run the task, for what is in its row.
        """
        task_key = TaskKey.of(key)
        actor = _actor(invoke_context, reason)
        before = self._readable(task_key.parent)
        _check_retryable(before)
        if task_key.index is None:
            return Task.from_row(self.reopen(before, actor=actor))
        chosen = self.chosen_again(before, [task_key.index])
        return Task.from_row(self.reopen(before, actor=actor, only=chosen))

    def reopen(self, before: TaskRow, *, actor: Actor, only: Chosen | None = None) -> TaskRow:
        """Start a failed or cancelled task again, in the run after that of `before`.

        Args:
            before: As it was read.
            actor: Who asked for it.
            only: Of a fan-out: the subtasks to run; None: all that did not complete.

        Raises:
            IllegalStatusChange: The task is neither FAILED nor CANCELLED, or in another run.
            PayloadMissing: As `retry` says.
        """
        self._check_input(before)
        named = {"only": only.stored(before.run + 1)} if only else {}
        if holds_on_retry(before):
            return self._reopen_with_key(before, actor)
        row = self.tasks.reopen(
            before.key,
            limits={**renewed(before, self.clock()), **named},
            where={"run": before.run},
            actor=actor,
        )
        if row is not None:
            return row
        counted = self.tasks.get(before.key)
        if counted.run != before.run:
            raise IllegalStatusChange(
                f"{before.key.label} was retried meanwhile", status=counted.status
            )
        return self.children.reopen(counted, only=named, actor=actor)

    def _reopen_with_key(self, before: TaskRow, actor: Actor) -> TaskRow:
        now, where = self.clock(), {"run": before.run}
        limits = renewed(before, now)
        write = reopening(before.key, now=now, where=where, limits=limits, actor=actor)
        if not self.one_at_a_time.reopen(before, write):
            standing = self.tasks.get(before.key).status
            raise IllegalStatusChange(
                f"{before.key.label} is {standing}: it was changed meanwhile", status=standing
            )
        return self.tasks.get(before.key)

    def chosen_again(self, parent: TaskRow, indexes: Sequence[int]) -> Chosen:
        """The subtasks that a run has to run for these to run again: these.

        Of a batch that was given up as a whole, all that had not ended by themselves.

        Raises:
            IllegalStatusChange: One of them is neither FAILED nor CANCELLED.
            TaskNotFound: There is no such subtask, or its row has expired.
            Conflict: The parent has no final counts (yet), or is of an earlier version.
        """
        if not on_demand(parent) or not is_counted(parent):
            raise Conflict(
                f"{parent.key.label} has no final counts: try again in a moment, or retry all of it"
            )
        keys = [parent.key.subtask(index) for index in indexes]
        found = self.subtasks.among(keys)
        for key in keys:
            if not isinstance(row := found.get(key), TaskRow):
                raise not_found(key)
            _check_retryable(row)
        size = parent.batch_size or 1
        batches = self.subtasks.batches.find(parent, sorted({each // size for each in indexes}))
        chosen = set(indexes)
        for batch in batches.values():
            if isinstance(batch, BatchRow) and batch.given_up:
                span = range(batch.first, batch.last + 1)
                chosen |= {i for i in span if not is_packed(batch.kept, i - batch.first)}
        if len(chosen) > MOST:
            raise LimitExceeded("subtasks", actual=len(chosen), limit=MOST, unit="subtasks")
        return Chosen.of(chosen)

    def publish_alarm(
        self,
        *,
        event: TaskQueueEvent | StepFunctionTaskEvent | Key,
        error_details: Mapping[str, Any] | BaseException,
    ) -> None:
        """Publish an alarm about a task on the alarm topic.

        Raises:
            InvalidRequest: `TASKMILL_ALARM_TOPIC_ARN` is not set in this process.
            TaskNotFound: No task has this key.
        """
        if self.alarm_topic is None:
            raise InvalidRequest("no alarm topic is configured here", field="alarmTopic")
        key = event.key if isinstance(event, TaskQueueEvent | StepFunctionTaskEvent) else event
        row = self.tasks.get(TaskKey.of(key))
        details = stored_error(error_details)
        table = self.tasks.table.name
        self.alarm_topic.publish([alarm_notification(row, table=table, error_details=details)])

    def _check_input(self, row: TaskRow) -> None:
        """Check that the input still exists, and the subtasks of a fan-out."""
        if row.input_ref and not self.payloads.exists(row.input_ref):
            raise expired(row.key, "input")
        if row.rows_ttl is not None and row.rows_ttl * 1000 <= self.clock():
            raise expired(row.key, "result")

    def _attributes(self, key: TaskKey, given: Mapping[str, Any] | None) -> dict[str, Any]:
        if not given:
            return {}
        hidden = self.registry.hides_result(key.type)
        row = self._row(key)
        return stored_attributes(self.payloads, row, given, now=self.clock(), hidden=hidden)


def may_be_retried(row: TaskRow) -> bool:
    """Whether a task has failed or was cancelled; or some of a fan-out's subtasks have, or were."""
    if row.status in RETRYABLE:
        return True
    counts: Any = row.attributes.get("counts") or {}
    tolerated = counts.get("failed", 0) + counts.get("cancelled", 0)
    return is_fan_out(row.key) and row.status is Status.COMPLETED and tolerated > 0


def _check_retryable(row: TaskRow) -> None:
    """Check the status of a task or subtask that is to be retried.

    Raises:
        IllegalStatusChange: It is neither FAILED nor CANCELLED.
    """
    if not may_be_retried(row):
        raise IllegalStatusChange(
            f"only FAILED or CANCELLED tasks can be retried; {row.key.label} is {row.status}",
            status=row.status,
            **row.key.as_dict(),
        )


def _actor(context: InvokeContext | None, reason: str | None) -> Actor:
    return Actor.of(context.user if context else None, reason)


def _status(status: Status | str) -> Status:
    try:
        return Status(status)
    except ValueError:
        known = ", ".join(Status)
        raise InvalidRequest(
            f"{status!r} is no status; known are {known}", field="status"
        ) from None
