"""Submits tasks and fan-outs. Requests are checked before anything is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.s3.fan_out_inputs import fan_out_row, new_upload_key
from taskmill.aws.s3.inputs import with_input, with_inputs
from taskmill.aws.s3.payloads import UPLOAD_HEADERS, UPLOAD_SECONDS
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask, InvokeContext
from taskmill.model.api.views import Task, Upload
from taskmill.model.errors import InvalidRequest
from taskmill.model.new_tasks import task_row
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.subtask_layout import on_demand
from taskmill.service.cross_tenant import foreign_source, traced
from taskmill.service.puts import Puts
from taskmill.work.direct_runs import DirectRuns


@dataclass(frozen=True, kw_only=True)
class Submits(Puts):
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
            UnknownPool: The type runs in a worker pool that the stack does not have.
            LimitExceeded: The input is larger than the configured maximum.
            TaskExists: Another task has the same code.
            IdempotencyConflict: The idempotency key was used for another request.
            Forbidden: A task of another tenant submits it, and the stack refuses that.
        """
        direct = self._direct(task, execute_now=execute_now)
        (code,) = self._codes([task])
        row = self._task_row(task, code, invoke_context or InvokeContext(), self.clock())
        row = self.registry.limited(row, task.given_input)
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

        Those that an earlier, equal request has stored are looked up 100 per call.

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
            _make_at(position, self._limited_row, each, code, context, now)
            for position, (each, code) in enumerate(zip(tasks, self._codes(tasks), strict=True))
        ]
        rows = with_inputs(
            self.payloads,
            drafts,
            [each.given_input for each in tasks],
            hidden=[self.registry.hides_input(each.task_type) for each in tasks],
        )
        return [Task.from_row(row) for row in self._stored_tasks(rows, tasks)]

    def create_step_function_task(
        self, *, task: CreateStepFunctionTask, invoke_context: InvokeContext | None = None
    ) -> Task:
        """Submit a fan-out: each element of its input becomes a subtask.

        Raises:
            InvalidRequest: Neither or both of `input` and `input_ref`, or a field out of range.
            UnknownPool: The type runs in a worker pool that the stack does not have.
            LimitExceeded: More than 1,000,000 elements, or larger than the configured maximum.
            TaskExists: Another task has the same code.
            IdempotencyConflict: The idempotency key was used for another request.
        """
        self.ids.check(task.code)
        (code,) = self._codes([task])
        source = foreign_source(task.tenant_code, allowed=self.cross_tenant)
        row = fan_out_row(
            self.payloads,
            task,
            traced(invoke_context or InvokeContext(), source, own_log_ids=task.log_ids),
            now=self.clock(),
            retention_days=self.tasks.retention_days,
            code=code,
            settings=self.registry.settings_of_new(task.task_type),
            hidden=self.registry.hides_input(task.task_type),
        )
        row = self.registry.limited(_with_parent(row, source), task.input)
        return Task.from_row(self._stored_task(row, task))

    def create_upload(self, *, tenant_code: str, size: int | None = None) -> Upload:
        """A presigned URL to PUT a large JSONL input to, and the `input_ref` to submit it with.

        What nobody submits within a day is deleted.

        Args:
            size: Bytes of the input, to which S3 then holds the upload. The HTTP API requires it.

        Raises:
            LimitExceeded: `size` is larger than the configured maximum.
        """
        key = new_upload_key(tenant_code)
        return Upload(
            input_ref=key,
            url=self.payloads.upload_url(key, size),
            headers=UPLOAD_HEADERS,
            expires_in_seconds=UPLOAD_SECONDS,
        )

    def create_sub_task(self, *, event: StepFunctionTaskEvent | TaskQueueEvent) -> list[Task]:
        """Store one subtask per element of a step function task's input, and return all of them.

        Otherwise a subtask is stored once there is something to say about it. Calling it again
        changes nothing.

        Raises:
            TaskNotFound: No task has the event's key.
        """
        parent = self.tasks.get(event.key.parent)
        if on_demand(parent) and not parent.rows_stored:  # before: batches look for them
            self.tasks.note_rows(parent.key)
        self.inserter.insert(parent)
        return self._subtasks(self.tasks.get(parent.key))

    def _codes(self, tasks: Sequence[CreateTask | CreateStepFunctionTask]) -> list[str]:
        """A code for each task: the submitter's, or a new one."""
        unnamed = Counter(each.tenant_code for each in tasks if each.code is None)
        new = {tenant: iter(self.ids.new(tenant, count)) for tenant, count in unnamed.items()}
        return [each.code or next(new[each.tenant_code]) for each in tasks]

    def _task_row(self, task: CreateTask, code: str, context: InvokeContext, now: int) -> TaskRow:
        self.ids.check(task.code)
        source = foreign_source(task.tenant_code, allowed=self.cross_tenant)
        context = traced(context, source, own_log_ids=task.log_ids)
        settings = self.registry.settings_of_new(task.task_type)
        row = task_row(task, context, now=now, code=code, settings=settings)
        return _with_parent(row, source)

    def _limited_row(
        self, task: CreateTask, code: str, context: InvokeContext, now: int
    ) -> TaskRow:
        return self.registry.limited(self._task_row(task, code, context, now), task.given_input)

    def _direct(self, task: CreateTask, *, execute_now: bool | None) -> DirectRuns | None:
        """The runner, if the task is to run in this process; None: a worker runs it."""
        if self.direct is not None:
            return self.direct if self.direct.wants(task, execute_now) else None
        if execute_now:
            raise InvalidRequest("execute_now: this service runs no tasks", field="execute_now")
        return None


def _with_parent(row: TaskRow, source: TaskRow | None) -> TaskRow:
    """The row with the task of another tenant that submits it; that task does not wait for it."""
    return row if source is None else row.but(parent=str(source.key))


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
