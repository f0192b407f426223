"""How a task function names the tasks that it starts, and gets their results."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from taskmill.aws.dynamodb.subtask_reads import SubtaskReads
from taskmill.aws.s3.inputs import with_input
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.s3.results import stored_result
from taskmill.functions.hooks.submits import submitted_log_ids
from taskmill.functions.json_values import to_json_value
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.callback_budget import DEFAULT_BUDGET, shares_of_children
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import child_code
from taskmill.model.errors import InvalidInput, InvalidRequest
from taskmill.model.given_elements import given_elements
from taskmill.model.keys import Kind, check_name
from taskmill.model.lineage import descendant
from taskmill.model.options import check_flag
from taskmill.model.pools import check_priority
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.submit_checks import checked_options
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounded_by, bounds
from taskmill.model.wait_errors import TaskFailed
from taskmill.work.child import Child
from taskmill.work.child_calls import Call, What, calls_for, calls_of
from taskmill.work.children import Children
from taskmill.work.map_result import MapResult

if TYPE_CHECKING:
    from taskmill.model.api.requests import CreateStepFunctionTask


@dataclass
class Spawner:
    """Starts the children of one attempt and returns their results, for its `TaskContext`.

    Attributes:
        callback_budget: How many callbacks one submitted task may cause in all.
    """

    children: Children
    registry: Registry
    payloads: PayloadStore
    subtasks: SubtaskReads
    retention_days: int
    callback_budget: int = DEFAULT_BUDGET
    clock: Clock = now_ms

    def submit(
        self, calls: Sequence[Call], *, awaited: bool = False, **options: Any
    ) -> list[Child]:
        """Start a child for each call: a task function or a type, and its input."""
        budgets = self._budgets(len(calls))
        drafts = [
            self._task(position if len(calls) > 1 else None, what, value, budget=budget, **options)
            for position, ((what, value), budget) in enumerate(zip(calls, budgets, strict=True))
        ]
        self.children.start(drafts, awaited=awaited)
        return drafts

    def submit_each(self, what: What, inputs: Any) -> list[Child]:
        """Start a child for each input."""
        return self.submit(calls_for(what, inputs))

    def gather(self, children: Sequence[Child], *, return_exceptions: bool) -> list[Any]:
        """The results of the children in order; suspends the task until all have ended."""
        rows = self.children.wait(children)
        ends = [self._end(child, row) for child, row in zip(children, rows, strict=True)]
        failed = [end for end in ends if isinstance(end, TaskFailed)]
        if failed and not return_exceptions:
            raise failed[0]
        return ends

    def gather_all(self, what: Sequence[Any], *, return_exceptions: bool) -> list[Any]:
        """As `gather`, for the arguments of `ctx.gather`: children, or calls to start."""
        check_flag("return_exceptions", return_exceptions)
        children, calls = calls_of(what)
        started = children or self.submit(calls, awaited=True)
        return self.gather(started, return_exceptions=return_exceptions)

    def map(self, what: What, inputs: Iterable[Any], options: Mapping[str, Any]) -> MapResult:
        """The results of a fan-out, once it has ended; suspends the task until then."""
        child = self._fan_out(what, given_elements(inputs), **options)
        self.children.start([child], awaited=True)
        (row,) = self.children.wait([child])
        if row.status is not Status.COMPLETED:
            raise TaskFailed(row)
        return MapResult(self, row, child.function)

    def subtask_rows(self, fan_out: TaskRow, first: int, last: int) -> list[TaskRow]:
        """The subtasks `first` to `last` (inclusive) of a fan-out, in order."""
        read = partial(self.subtasks.read, fan_out, first, last)
        return self.children.claim.patience(lambda: list(read()))

    def value(self, row: TaskRow, function: TaskFunction | None) -> Any:
        """The result of a completed task, of the type that its function returns."""
        value = self.children.claim.patience(lambda: stored_result(self.payloads, row))
        return value if function is None else function.parse_result(value)

    def _end(self, child: Child, row: TaskRow) -> Any:
        if row.status is not Status.COMPLETED:
            return TaskFailed(row)
        return self.value(row, child.function)

    def _task(
        self,
        position: int | None,
        what: What,
        value: Any,
        *,
        budget: int,
        name: str | None = None,
        delay_seconds: int = 0,
        priority: str | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
    ) -> Child:
        function, task_type = self._named(what)
        limits = {"expires_seconds": expires_seconds, "deadline_seconds": deadline_seconds}
        checked_options(
            {"name": name, "delay_seconds": delay_seconds, "priority": priority, **limits}
        )
        own = TaskSettings(expires_seconds=expires_seconds, deadline_seconds=deadline_seconds)
        plain = self._checked_at(position, function, task_type, value)
        draft = self._draft(task_type, self.children.place(position or 0, name), budget)
        start = (draft.created_at or 0) + delay_seconds * 1000
        check_priority(task_type, priority, draft.pool)
        draft = dataclasses.replace(
            draft,
            name=name or task_type,
            priority=priority or draft.priority,
            run_at=start if delay_seconds else None,
        )
        settings = self.registry.settings(task_type)
        draft = draft.but(**bounds(own, settings, since=start))
        draft = bounded_by(draft, self.children.claim.row)
        hidden = self.registry.hides_input(task_type)

        def make() -> TaskRow:
            row = self.registry.limited(self._submitted(draft), plain)
            return with_input(self.payloads, row, plain, hidden=hidden)

        return Child(draft.key, function, make)

    def _fan_out(
        self, what: What, inputs: Iterator[Any], *, name: str | None = None, **options: Any
    ) -> Child:
        from taskmill.model.api.requests import CreateStepFunctionTask
        from taskmill.model.api.validation import model_of

        function, task_type = self._named(what)
        checked_options({"name": name, **options})
        elements = [
            self._checked_at(index, function, task_type, each) for index, each in enumerate(inputs)
        ]
        (budget,) = self._budgets(1)
        draft = self._draft(task_type, self.children.place(0, name), budget)
        task = model_of(
            CreateStepFunctionTask,
            tenant_code=draft.key.tenant,
            task_type=task_type,
            code=draft.key.code,
            name=name,
            input=elements,
            **options,
        )
        task_key = dataclasses.replace(draft.key, kind=Kind.SFN_TASK)
        make = partial(self._fan_out_row, task, draft)
        return Child(task_key, function, make)

    def _fan_out_row(self, task: CreateStepFunctionTask, draft: TaskRow) -> TaskRow:
        from taskmill.aws.s3.fan_out_inputs import fan_out_row
        from taskmill.model.api.requests import InvokeContext

        row = fan_out_row(
            self.payloads,
            task,
            InvokeContext(),
            now=self.clock(),
            retention_days=self.retention_days,
            settings=self.registry.settings_of_new(task.task_type),
            hidden=self.registry.hides_input(task.task_type),
        )
        submitted = self._submitted(draft, is_fan_out=True)
        inherited = {name: getattr(submitted, name) for name in _INHERITED}
        row = self.registry.limited(dataclasses.replace(row, **inherited), task.input)
        return bounded_by(row, self.children.claim.row)

    def _budgets(self, count: int) -> list[int]:
        """The callback budgets of the next `count` children."""
        return shares_of_children(
            self.children.claim.row,
            first=len(self.children.calls),
            count=count,
            per_root=self.callback_budget,
        )

    def _draft(self, task_type: str, place: str, budget: int) -> TaskRow:
        parent = self.children.claim.row
        code = child_code(parent.key, place)
        settings = self.registry.settings_of_new(task_type)
        row = descendant(
            parent, task_type, code, settings=settings, now=self.clock(), budget=budget
        )
        return dataclasses.replace(row, parent_run=parent.run)

    def _submitted(self, draft: TaskRow, *, is_fan_out: bool = False) -> TaskRow:
        """The draft with the log ids that the middleware adds, when it is about to be stored."""
        log_ids = submitted_log_ids(
            draft.key.type,
            draft.log_ids,
            tenant=draft.key.tenant,
            is_fan_out=is_fan_out,
            parent=self.children.claim.row.key,
        )
        return draft if log_ids is draft.log_ids else draft.but(log_ids=log_ids)

    def _named(self, what: What) -> tuple[TaskFunction | None, str]:
        if isinstance(what, TaskFunction):
            return what, what.type
        if isinstance(what, str):
            return None, check_name("task", what)
        raise InvalidRequest(
            f"{what!r} is neither a task function (made by @task) nor the name of a task type",
            field="task",
        )

    def _checked_at(
        self, position: int | None, function: TaskFunction | None, task_type: str, value: Any
    ) -> Any:
        """The input as JSON, when the function can take it.

        Raises:
            InvalidInput: It cannot; the message names the position, if there is one.
        """
        try:
            if function is not None:
                return function.to_input(value)
            plain = to_json_value(value)
            self.registry.check_input(task_type, plain)
        except InvalidInput as refused:
            if position is None:
                raise
            raise InvalidInput(f"input[{position}]: {refused.message}", index=position) from None
        return plain


_INHERITED = (
    "parent",
    "parent_run",
    "root",
    "depth",
    "callbacks",
    "callback_budget",
    "by_callback",
    "priority",
    "log_ids",
    "created_by",
    "created_ip",
    "request_id",
)
