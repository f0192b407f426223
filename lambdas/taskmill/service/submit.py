"""Submits tasks and fan-outs. Requests are checked before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.idempotency import IdempotentPut
from taskmill.aws.s3.fan_out_inputs import fan_out_row, new_upload_key
from taskmill.aws.s3.inputs import with_input, with_inputs
from taskmill.aws.s3.payloads import UPLOAD_SECONDS
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask, InvokeContext
from taskmill.model.api.views import Task, Upload
from taskmill.model.errors import InvalidRequest, TaskExists
from taskmill.model.new_tasks import task_row
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.parts import ServiceParts
from taskmill.service.repeats import request_digest, same_request
from taskmill.work.direct_runs import DirectRuns


@dataclass(frozen=True, kw_only=True)
class Submits(ServiceParts):
    """Stores new tasks; the dispatcher takes them to a worker from there."""

    def create_task(
        self,
        *,
        task: CreateTask,
        invoke_context: InvokeContext | None = None,
        execute_now: bool | None = None,
    ) -> Task:
        """Submit a single task.

        Args:
            execute_now: True: run the task in this process before returning (see
                `work/direct_runs.py`), unless the same task was submitted before. False: leave it
                to a worker. None: as `TASKMILL_EXECUTE_NOW` says, if the task can run here.

        Returns:
            The new task, or the stored one if this repeats an earlier submit.

        Raises:
            InvalidRequest: An option is not valid, contradicts another, or rules out `execute_now`.
            LimitExceeded: The input is larger than the configured maximum.
            TaskExists: Another task has the same code.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        direct = self._direct(task, execute_now=execute_now)
        (code,) = self._codes([task])
        row = self._task_row(task, code, invoke_context or InvokeContext(), self.clock())
        row = with_input(
            self.payloads,
            direct.held(row) if direct else row,
            task.given_input,
            hidden=self.registry.hides_input(task.task_type),
        )
        stored = self._stored_task(row, task)
        if direct and stored is row:
            stored = direct.run(row.key)
        return Task.from_row(stored)

    def create_tasks(
        self, *, tasks: Sequence[CreateTask], invoke_context: InvokeContext | None = None
    ) -> list[Task]:
        """Submit many single tasks, 25 per call; tasks with an idempotency key are stored singly.

        Those with a key are stored first, so that a conflict is raised before the others are
        stored. With `TASKMILL_EXECUTE_NOW`, each task is stored and run before the next. Raises as
        `create_task` does; tasks stored before the error remain.

        Returns:
            The tasks in the order of the requests.
        """
        if self.direct is not None and self.direct.always:
            return [self.create_task(task=each, invoke_context=invoke_context) for each in tasks]
        context, now = invoke_context or InvokeContext(), self.clock()
        drafts = [
            _make_at(position, self._task_row, each, code, context, now)
            for position, (each, code) in enumerate(zip(tasks, self._codes(tasks), strict=True))
        ]
        rows = with_inputs(
            self.payloads,
            drafts,
            [each.given_input for each in tasks],
            hidden=[self.registry.hides_input(each.task_type) for each in tasks],
        )
        stored = {
            index: self._stored_task(rows[index], each)
            for index, each in enumerate(tasks)
            if each.idempotency_key is not None
        }
        plain = [index for index in range(len(rows)) if index not in stored]
        new = self.tasks.put_many([rows[index] for index in plain])
        for index, done in zip(plain, new, strict=True):
            stored[index] = rows[index] if done else self._put(rows[index], tasks[index])
        return [Task.from_row(stored[index]) for index in range(len(rows))]

    def create_step_function_task(
        self, *, task: CreateStepFunctionTask, invoke_context: InvokeContext | None = None
    ) -> Task:
        """Submit a fan-out: each element of its input becomes a subtask.

        Raises:
            InvalidRequest: Neither or both of `input` and `input_ref`, or a field out of range.
            LimitExceeded: More than 1,000,000 elements, or larger than the configured maximum.
            TaskExists: Another task has the same code.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        self.ids.check(task.code)
        (code,) = self._codes([task])
        row = fan_out_row(
            self.payloads,
            task,
            invoke_context or InvokeContext(),
            now=self.clock(),
            retention_days=self.tasks.retention_days,
            code=code,
            settings=self.registry.settings(task.task_type),
            hidden=self.registry.hides_input(task.task_type),
        )
        return Task.from_row(self._stored_task(row, task))

    def create_upload(self, *, tenant_code: str) -> Upload:
        """A presigned URL to PUT a large JSONL input to, and the `input_ref` to submit it with."""
        key = new_upload_key(tenant_code)
        return Upload(
            input_ref=key,
            url=self.payloads.upload_url(key),
            headers={"If-None-Match": "*"},
            expires_in_seconds=UPLOAD_SECONDS,
        )

    def create_sub_task(self, *, event: StepFunctionTaskEvent | TaskQueueEvent) -> list[Task]:
        """Store one subtask per element of a step function task's input, and return all of them.

        The split function of the workflow does this anyway. Calling it again changes nothing.

        Raises:
            TaskNotFound: No task has the event's key.
        """
        parent = self.tasks.get(event.key.parent)
        count = self.inserter.insert(parent)
        return self._subtasks(parent.key, count)

    def _codes(self, tasks: Sequence[CreateTask | CreateStepFunctionTask]) -> list[str]:
        """A code for each task: the submitter's, or a new one."""
        unnamed = Counter(each.tenant_code for each in tasks if each.code is None)
        new = {tenant: iter(self.ids.new(tenant, count)) for tenant, count in unnamed.items()}
        return [each.code or next(new[each.tenant_code]) for each in tasks]

    def _task_row(self, task: CreateTask, code: str, context: InvokeContext, now: int) -> TaskRow:
        self.ids.check(task.code)
        settings = self.registry.settings(task.task_type)
        return task_row(task, context, now=now, code=code, settings=settings)

    def _direct(self, task: CreateTask, *, execute_now: bool | None) -> DirectRuns | None:
        """The runner, if the task is to run in this process; None: a worker runs it."""
        if self.direct is not None:
            return self.direct if self.direct.wants(task, execute_now) else None
        if execute_now:
            raise InvalidRequest("execute_now: this service runs no tasks", field="execute_now")
        return None

    def _stored_task(self, row: TaskRow, task: CreateTask | CreateStepFunctionTask) -> TaskRow:
        """Store `row` and return it, or return the row that an earlier, equal submit stored."""
        if task.idempotency_key is None:
            return self._put(row, task)
        put = IdempotentPut(
            table=self.tasks.table,
            row=row,
            key=task.idempotency_key,
            digest=request_digest(self.payloads, task),
            now=self.clock(),
        )
        before = put.put()
        return row if before is None else self.tasks.get(before)

    def _put(self, row: TaskRow, task: CreateTask | CreateStepFunctionTask) -> TaskRow:
        try:
            self.tasks.put(row)
        except TaskExists:
            stored = self.tasks.get(row.key)
            if not same_request(self.payloads, task, row, stored):
                raise
            return stored
        return row


def _make_at(position: int, make: Callable[..., TaskRow], *parts: Any) -> TaskRow:
    """Call `make` for one of many tasks.

    Raises:
        InvalidRequest: As from `make`, its `field` prefixed with `tasks.<position>.`.
    """
    try:
        return make(*parts)
    except InvalidRequest as refused:
        if "field" in refused.details:
            refused.details["field"] = f"tasks.{position}.{refused.details['field']}"
        raise
