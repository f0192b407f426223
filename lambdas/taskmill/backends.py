"""The two ways from a handle to its task: a task service in this process, or the API over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from taskmill import wiring
from taskmill.errors import InvalidRequest
from taskmill.keys import TaskKey
from taskmill.polling import Pace

if TYPE_CHECKING:  # pydantic and httpx are owed by those who submit, not by those who import
    from taskmill.client import TaskClient
    from taskmill.models import Model, Progress, Task
    from taskmill.service import TaskService

    M = TypeVar("M", bound=Model)

_SUBTASKS_AT_ONCE = 500


class Backend(Protocol):
    """What handles need of a task service. Options are those of `TaskFunction.submit` and `map`.

    Attributes:
        tenant: Of tasks whose submitter names none.
        pace: How to wait here.
    """

    @property
    def tenant(self) -> str | None: ...

    @property
    def pace(self) -> Pace: ...

    def submit(
        self, task_type: str, value: Any, *, tenant: str, execute_now: bool | None, **options: Any
    ) -> Task: ...

    def map(
        self, task_type: str, values: Iterable[Any], *, tenant: str, **options: Any
    ) -> Task: ...

    def get(self, key: TaskKey) -> Task: ...

    def result(self, key: TaskKey) -> Any:
        """What a task returned whose result is too large for its row."""

    def progress(self, key: TaskKey) -> Progress: ...

    def subtasks(self, key: TaskKey) -> Iterator[Task]: ...

    def cancel(self, key: TaskKey) -> Task: ...

    def retry(self, key: TaskKey) -> Task: ...


@dataclass(frozen=True)
class ServiceBackend:
    """A task service in this process."""

    service: TaskService
    tenant: str | None = None

    @property
    def pace(self) -> Pace:
        return self.service.pace

    def submit(
        self, task_type: str, value: Any, *, tenant: str, execute_now: bool | None, **options: Any
    ) -> Task:
        from taskmill.models import CreateTask

        task = _made(CreateTask, tenant_code=tenant, task_type=task_type, input=value, **options)
        return self.service.create_task(task=task, execute_now=execute_now)

    def map(self, task_type: str, values: Iterable[Any], *, tenant: str, **options: Any) -> Task:
        from taskmill.models import CreateStepFunctionTask

        fields = {"tenant_code": tenant, "task_type": task_type, "input": list(values)}
        task = _made(CreateStepFunctionTask, **fields, **options)
        return self.service.create_step_function_task(task=task)

    def get(self, key: TaskKey) -> Task:
        return self.service.get_task(key=key)

    def result(self, key: TaskKey) -> Any:
        from taskmill.stored_results import stored_result

        return stored_result(self.service.payloads, self.service.tasks.get(key))

    def progress(self, key: TaskKey) -> Progress:
        return self.service.get_progress(key=key)

    def subtasks(self, key: TaskKey) -> Iterator[Task]:
        start = 0
        while page := self.service.list_sub_tasks(key=key, start=start, limit=_SUBTASKS_AT_ONCE):
            yield from page
            start += _SUBTASKS_AT_ONCE

    def cancel(self, key: TaskKey) -> Task:
        return self.service.cancel(key=key)

    def retry(self, key: TaskKey) -> Task:
        return self.service.retry(key=key)


@dataclass(frozen=True)
class ClientBackend:
    """The task API over HTTP."""

    client: TaskClient

    @property
    def tenant(self) -> str | None:
        return self.client.tenant

    @property
    def pace(self) -> Pace:
        return self.client.pace

    def submit(
        self, task_type: str, value: Any, *, tenant: str, execute_now: bool | None, **options: Any
    ) -> Task:
        if execute_now or (execute_now is None and wiring.executes_now()):
            raise InvalidRequest(
                "execute_now runs a task in the process that stores it: this one only reaches an"
                " API over HTTP. Set TASKMILL_TABLE and the other settings of the stack's functions"
                " where the code is to run, or leave execute_now out",
                field="execute_now",
            )
        return self.client.for_tenant(tenant).submit(task_type, value, **options)

    def map(self, task_type: str, values: Iterable[Any], *, tenant: str, **options: Any) -> Task:
        return self.client.for_tenant(tenant).map(task_type, values, **options)

    def get(self, key: TaskKey) -> Task:
        return self.client.get(key)

    def result(self, key: TaskKey) -> Any:
        return self.client.result(key)

    def progress(self, key: TaskKey) -> Progress:
        return self.client.progress(key)

    def subtasks(self, key: TaskKey) -> Iterator[Task]:
        return self.client.subtasks(key, page_size=_SUBTASKS_AT_ONCE)

    def cancel(self, key: TaskKey) -> Task:
        return self.client.cancel(key)

    def retry(self, key: TaskKey) -> Task:
        return self.client.retry(key)


def _made(model: type[M], **fields: Any) -> M:
    """A model of what was given in Python's names.

    Raises:
        InvalidRequest: A field is refused; the message names each.
    """
    from pydantic import ValidationError

    try:
        return model(**fields)
    except ValidationError as refused:
        names = {each.alias: name for name, each in model.model_fields.items()}
        details = [
            {"field": _place(each["loc"], names), "message": each["msg"]}
            for each in refused.errors()
        ]
        message = "; ".join(f"{each['field']}: {each['message']}" for each in details)
        raise InvalidRequest(message, errors=details) from None


def _place(loc: tuple[int | str, ...], names: dict[str | None, str]) -> str:
    first, *rest = loc
    return ".".join(map(str, (names.get(str(first), first), *rest)))
