"""The task service: what callers may do with tasks. Writes rows; the dispatcher does the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill import submit
from taskmill.clock import Clock, now_ms
from taskmill.errors import Conflict, InvalidRequest, TaskExists, TaskNotFound
from taskmill.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.fanout.insert import Inserter
from taskmill.keys import Kind, TaskKey
from taskmill.models import (
    CreateStepFunctionTask,
    CreateTask,
    InvokeContext,
    ListOptions,
    Page,
    Progress,
    Result,
    SubtaskStatus,
    Task,
    TaskStatusSummary,
    Upload,
)
from taskmill.notifications import Topic, alarm_notification
from taskmill.pages import listing_of, page_of
from taskmill.payloads import (
    UPLOAD_SECONDS,
    PayloadStore,
)
from taskmill.rows import TaskRow, is_fan_out
from taskmill.statuses import COUNT_NAMES, FINAL, RUNNING, Status
from taskmill.store import SubtaskStore, TaskStore
from taskmill.store.idempotency import IdempotentPut
from taskmill.store.listing import list_rows
from taskmill.stored_attributes import stored_attributes, stored_error

Key = TaskKey | Mapping[str, str]
OUTSIDE_LEASE_MS = 900_000  # a report from outside counts as a heartbeat for so long


@dataclass(frozen=True, kw_only=True)
class TaskService:
    """All methods take keyword arguments and return frozen models."""

    tasks: TaskStore
    subtasks: SubtaskStore
    payloads: PayloadStore
    inserter: Inserter
    alarm_topic: Topic | None = None
    clock: Clock = now_ms

    # Submit

    def create_task(self, *, task: CreateTask, invoke_context: InvokeContext | None = None) -> Task:
        """Store a single task; it runs from there by itself.

        Raises:
            LimitExceeded: The input is larger than the configured maximum.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        row = submit.task_row(task, invoke_context or InvokeContext(), now=self.clock())
        return self._store(submit.with_input(self.payloads, row, task.input), task)

    def create_tasks(
        self, *, tasks: Sequence[CreateTask], invoke_context: InvokeContext | None = None
    ) -> list[Task]:
        """Store many single tasks, 25 a call; those with an idempotency key one by one.

        Those with a key come first, so that a conflict comes before anything else is stored.
        """
        context, now = invoke_context or InvokeContext(), self.clock()
        rows = [
            submit.with_input(self.payloads, submit.task_row(each, context, now=now), each.input)
            for each in tasks
        ]
        stored = {
            index: self._store(rows[index], each)
            for index, each in enumerate(tasks)
            if each.idempotency_key is not None
        }
        plain = [index for index in range(len(rows)) if index not in stored]
        new = self.tasks.put_many([rows[index] for index in plain])
        for index, done in zip(plain, new, strict=True):
            stored[index] = Task.from_row(rows[index]) if done else self._put(rows[index])
        return [stored[index] for index in range(len(rows))]

    def create_step_function_task(
        self, *, task: CreateStepFunctionTask, invoke_context: InvokeContext | None = None
    ) -> Task:
        """Store a fan-out: each element of its input becomes a subtask.

        Raises:
            InvalidRequest: Neither or both of `input` and `input_ref`, or a field out of range.
            LimitExceeded: More than 1,000,000 elements, or larger than the configured maximum.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        context = invoke_context or InvokeContext()
        row = submit.fan_out_row(
            self.payloads,
            task,
            context,
            now=self.clock(),
            retention_days=self.tasks.retention_days,
        )
        return self._store(row, task)

    def create_upload(self, *, tenant_code: str) -> Upload:
        """Where to PUT a large JSONL input; its `input_ref` then goes into a submit."""
        key = submit.new_upload_key(tenant_code)
        return Upload(
            input_ref=key,
            url=self.payloads.upload_url(key),
            headers={"If-None-Match": "*"},
            expires_in_seconds=UPLOAD_SECONDS,
        )

    def create_sub_task(self, *, event: StepFunctionTaskEvent | TaskQueueEvent) -> list[Task]:
        """Store one subtask per element of a step function task's input; all of them are returned.

        The workflow does this by itself. Calling it again changes nothing.

        Raises:
            TaskNotFound: The event names no task.
        """
        parent = self.tasks.get(event.key.parent)
        count = self.inserter.insert(parent)
        return self._subtasks(parent.key, count)

    # Read

    def get_task(self, *, key: Key) -> Task:
        """A task, step function task or subtask.

        Raises:
            TaskNotFound: There is none.
        """
        return Task.from_row(self.tasks.get(TaskKey.of(key)))

    def get_all_sub_task(self, *, key: Key) -> list[Task]:
        """All subtasks of the step function task that `key`, or its parent, names."""
        parent = self.tasks.get(TaskKey.of(key).parent)
        return self._subtasks(parent.key, parent.child_count or 0)

    def list_sub_tasks(self, *, key: Key, start: int = 0, limit: int = 100) -> list[Task]:
        """Up to `limit` subtasks from index `start` on."""
        parent = self.tasks.get(TaskKey.of(key).parent)
        count = min(parent.child_count or 0, start + limit)
        return self._subtasks(parent.key, count, start)

    def list_items_by_pk(
        self,
        *,
        tenant_code: str,
        type: str = "TASK",  # noqa: A002  # the reference's word
        options: ListOptions | None = None,
    ) -> Page:
        """A tenant's tasks ("TASK") or step function tasks ("SFN_TASK") in key order.

        With a status the page may be short although more follow: `last_sk` goes on.

        Raises:
            InvalidRequest: `type` is neither.
        """
        if type not in Kind.__members__:
            raise InvalidRequest(f"type is TASK or SFN_TASK, not {type!r}", field="type")
        asked = options or ListOptions()
        rows = list_rows(self.tasks.table, listing_of(tenant_code, Kind(type), asked))
        return page_of(rows, asked)

    def get_progress(self, *, key: Key) -> Progress:
        """How far a step function task is, exact for every batch that has closed."""
        row = self.tasks.get(TaskKey.of(key).parent)
        counts = {"total": row.child_count or 0, **(row.attributes.get("counts") or {})}
        done = sum(counts.get(name, 0) for name in COUNT_NAMES)
        percent = 100.0 if row.ended else round(100 * done / max(counts["total"], 1), 1)
        running = counts["total"] - done
        return Progress(
            **row.key.as_dict(), status=row.status, running=running, percent=percent, **counts
        )

    def get_result(self, *, key: Key) -> Result:
        """The result of a completed task; a large one as a download address.

        Raises:
            Conflict: The task has not completed.
        """
        row = self.tasks.get(TaskKey.of(key))
        if row.status is not Status.COMPLETED:
            raise Conflict(f"{row.key} is {row.status}: it has no result", status=row.status)
        ref = row.attributes.get("resultRef")
        known = {**row.key.as_dict(), "status": row.status}
        if ref is None:
            return Result(**known, result=Task.from_row(row).attributes.get("result"))
        return Result(**known, result_url=self.payloads.download_url(ref))

    def list_children(self, *, key: Key, after: str | None = None, limit: int = 100) -> list[Task]:
        """Tasks that this task started, by code."""
        found = self.tasks.children(self.tasks.get(TaskKey.of(key)).key, after=after, limit=limit)
        return self._existing(found)

    def list_failed(self, *, tenant_code: str, limit: int = 100) -> list[Task]:
        """A tenant's failed tasks and subtasks, the newest first."""
        keys = self.tasks.failed(tenant_code, limit=limit)
        return self._existing(keys)

    def format_task_status(self, *, tasks: Iterable[Task]) -> TaskStatusSummary:
        """Counts over subtasks and the status of each."""
        listed = tuple(tasks)
        succeeded = sum(each.status is Status.COMPLETED for each in listed)
        failed = sum(each.status is Status.FAILED for each in listed)
        running = sum(each.status not in FINAL for each in listed)
        return TaskStatusSummary(
            sub_task_count=len(listed),
            sub_task_succeed_count=succeeded,
            sub_task_failed_count=failed,
            sub_task_running_count=running,
            sub_tasks=tuple(
                SubtaskStatus(pk=each.pk, sk=each.sk, status=each.status) for each in listed
            ),
        )

    # Change

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
        return Task.from_row(self.tasks.reopen(task_key))

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

    def _store(self, row: TaskRow, task: CreateTask | CreateStepFunctionTask) -> Task:
        if task.idempotency_key is None:
            return self._put(row)
        put = IdempotentPut(
            table=self.tasks.table,
            row=row,
            key=task.idempotency_key,
            digest=submit.request_digest(self.payloads, task),
            now=self.clock(),
        )
        stored = put.put()
        return Task.from_row(row) if stored == row.key else self.get_task(key=stored)

    def _put(self, row: TaskRow) -> Task:
        try:
            self.tasks.put(row)
        except TaskExists:
            stored = self.tasks.get(row.key)
            if not submit.same_request(self.payloads, row, stored):
                raise
            return Task.from_row(stored)
        return Task.from_row(row)

    def _existing(self, keys: Iterable[TaskKey]) -> list[Task]:
        """The tasks of an index; one that has expired since is left out."""
        found = []
        for key in keys:
            with suppress(TaskNotFound):
                found.append(Task.from_row(self.tasks.get(key)))
        return found

    def _attributes(self, key: TaskKey, given: Mapping[str, Any] | None) -> dict[str, Any]:
        if not given:
            return {}
        return stored_attributes(self.payloads, self.tasks.get(key), given, now=self.clock())

    def _subtasks(self, parent: TaskKey, count: int, start: int = 0) -> list[Task]:
        if count <= start:
            return []
        return [Task.from_row(row) for row in self.subtasks.read(parent, start, count - 1)]


def _status(status: Status | str) -> Status:
    try:
        return Status(status)
    except ValueError:
        known = ", ".join(Status)
        raise InvalidRequest(
            f"{status!r} is no status; known are {known}", field="status"
        ) from None
