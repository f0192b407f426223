"""The backend of task handles that calls a task service in this process, without HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from taskmill.aws.s3.results import stored_result
from taskmill.functions.backends import SUBTASKS_AT_ONCE
from taskmill.functions.polling import Pace
from taskmill.model.api.base import Model
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask
from taskmill.model.api.views import Progress, Task
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.service.task_service import TaskService

M = TypeVar("M", bound=Model)


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
        task = _model_of(CreateTask, tenant_code=tenant, task_type=task_type, **given, **options)
        return self.service.create_task(task=task, execute_now=execute_now)

    def map(self, task_type: str, values: Iterable[Any], *, tenant: str, **options: Any) -> Task:
        fields = {"tenant_code": tenant, "task_type": task_type, "input": list(values)}
        task = _model_of(CreateStepFunctionTask, **fields, **options)
        return self.service.create_step_function_task(task=task)

    def get(self, key: TaskKey) -> Task:
        return self.service.get_task(key=key)

    def result(self, key: TaskKey) -> Any:
        return stored_result(self.service.payloads, self.service.tasks.get(key))

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


def _model_of(model: type[M], **fields: Any) -> M:
    """A request model made of keyword arguments under their Python names.

    Raises:
        InvalidRequest: Some fields are not valid; the message names each, and why.
    """
    try:
        return model(**fields)
    except ValidationError as refused:
        names = {each.alias: name for name, each in model.model_fields.items()}
        details = [
            {"field": _field_path(each["loc"], names), "message": each["msg"]}
            for each in refused.errors()
        ]
        message = "; ".join(f"{each['field']}: {each['message']}" for each in details)
        raise InvalidRequest(message, errors=details) from None


def _field_path(loc: tuple[int | str, ...], names: dict[str | None, str]) -> str:
    first, *rest = loc
    return ".".join(map(str, (names.get(str(first), first), *rest)))
