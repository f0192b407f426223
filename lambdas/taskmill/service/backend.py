"""The backend of task handles that calls a task service in this process, without HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from taskmill.aws.s3.expiry import naming
from taskmill.aws.s3.results import stored_result
from taskmill.functions.backends import SUBTASKS_AT_ONCE
from taskmill.functions.hooks.submits import submitted_log_ids
from taskmill.functions.polling import Pace
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask
from taskmill.model.api.validation import model_of
from taskmill.model.api.views import Progress, Task
from taskmill.model.given_elements import given_elements
from taskmill.model.keys import TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.service.task_service import TaskService


@dataclass(frozen=True)
class ServiceBackend:
    """Implements `Backend` with a task service in this process."""

    service: TaskService
    tenant: str | None = None

    @property
    def pace(self) -> Pace:
        return self.service.pace

    def submit(
        self, task_type: str, value: Any, *, tenant: str, execute_now: bool | None, **options: Any
    ) -> Task:
        given = {} if value is LEFT_OUT else {"input": value}
        for name in ("unique", "debounce"):
            asked = options.pop(name, None)
            given |= {} if asked is None else {name: asked.form}
        options["log_ids"] = submitted_log_ids(task_type, options.get("log_ids"), tenant=tenant)
        task = model_of(CreateTask, tenant_code=tenant, task_type=task_type, **given, **options)
        return self.service.create_task(task=task, execute_now=execute_now)

    def map(self, task_type: str, values: Iterable[Any], *, tenant: str, **options: Any) -> Task:
        options["log_ids"] = submitted_log_ids(
            task_type, options.get("log_ids"), tenant=tenant, is_fan_out=True
        )
        fields = {
            "tenant_code": tenant,
            "task_type": task_type,
            "input": list(given_elements(values)),
        }
        task = model_of(CreateStepFunctionTask, **fields, **options)
        return self.service.create_step_function_task(task=task)

    def get(self, key: TaskKey) -> Task:
        return self.service.get_task(key=key)

    def result(self, key: TaskKey) -> Any:
        return stored_result(self.service.payloads, self.service.tasks.get(key))

    def input(self, key: TaskKey) -> Any:
        found = self.service.get_input(key=key, reveal=True)
        if found.input_url is None:
            return found.input
        row = self.service.tasks.get(key)
        with naming(key, "input"):
            return json.loads(self.service.payloads.get(row.input_ref or ""))

    def children(self, key: TaskKey) -> Iterator[Task]:
        after: str | None = None
        while page := self.service.list_children(key=key, after=after, limit=SUBTASKS_AT_ONCE):
            yield from page
            after = page[-1].code

    def progress(self, key: TaskKey) -> Progress:
        return self.service.get_progress(key=key)

    def subtasks(self, key: TaskKey) -> Iterator[Task]:
        start = 0
        while page := self.service.list_sub_tasks(key=key, start=start, limit=SUBTASKS_AT_ONCE):
            yield from page
            start += SUBTASKS_AT_ONCE

    def cancel(self, key: TaskKey) -> Task:
        return self.service.cancel(key=key)

    def retry(self, key: TaskKey) -> Task:
        return self.service.retry(key=key)
