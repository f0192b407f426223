"""Submits: what is refused is refused before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskmill import submit
from taskmill.errors import TaskExists
from taskmill.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.inputs import with_input
from taskmill.models import CreateStepFunctionTask, CreateTask, InvokeContext, Task, Upload
from taskmill.payloads import UPLOAD_SECONDS
from taskmill.rows import TaskRow
from taskmill.service.parts import ServiceParts
from taskmill.store.idempotency import IdempotentPut


@dataclass(frozen=True, kw_only=True)
class Submits(ServiceParts):
    """Stores tasks; they run from there by themselves."""

    def create_task(self, *, task: CreateTask, invoke_context: InvokeContext | None = None) -> Task:
        """Store a single task; it runs from there by itself.

        Raises:
            LimitExceeded: The input is larger than the configured maximum.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        row = submit.task_row(task, invoke_context or InvokeContext(), now=self.clock())
        return self._store(with_input(self.payloads, row, task.input), task)

    def create_tasks(
        self, *, tasks: Sequence[CreateTask], invoke_context: InvokeContext | None = None
    ) -> list[Task]:
        """Store many single tasks, 25 a call; those with an idempotency key one by one.

        Those with a key come first, so that a conflict comes before anything else is stored.
        """
        context, now = invoke_context or InvokeContext(), self.clock()
        rows = [
            with_input(self.payloads, submit.task_row(each, context, now=now), each.input)
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
        return Task.from_row(row) if stored == row.key else Task.from_row(self.tasks.get(stored))

    def _put(self, row: TaskRow) -> Task:
        try:
            self.tasks.put(row)
        except TaskExists:
            stored = self.tasks.get(row.key)
            if not submit.same_request(self.payloads, row, stored):
                raise
            return Task.from_row(stored)
        return Task.from_row(row)
