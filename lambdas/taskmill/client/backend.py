"""The backend of task handles that calls the task API over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from taskmill.client.client import TaskClient
from taskmill.functions.backends import SUBTASKS_AT_ONCE
from taskmill.functions.polling import Pace
from taskmill.model.api.views import Progress, Task
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.redaction import holds_mask


@dataclass(frozen=True)
class ClientBackend:
    """A `Backend` (see `taskmill.functions.backends`) on a `TaskClient`.

    Attributes:
        executes_now: Whether the environment asks for tasks to run in the submitting process. This
            backend cannot do that: then `submit` raises `InvalidRequest`.
    """

    client: TaskClient
    executes_now: Callable[[], bool] = bool

    @property
    def tenant(self) -> str | None:
        return self.client.tenant

    @property
    def pace(self) -> Pace:
        return self.client.pace

    def submit(
        self, task_type: str, value: Any, *, tenant: str, execute_now: bool | None, **options: Any
    ) -> Task:
        if execute_now or (execute_now is None and self.executes_now()):
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
        value = self.client.result(key)
        # A program works with the value itself; without the permission, it gets an error.
        return self.client.result(key, reveal=True) if holds_mask(value) else value

    def input(self, key: TaskKey) -> Any:
        value = self.client.input(key)
        return self.client.input(key, reveal=True) if holds_mask(value) else value

    def children(self, key: TaskKey) -> Iterator[Task]:
        return self.client.children(key)

    def progress(self, key: TaskKey) -> Progress:
        return self.client.progress(key)

    def subtasks(self, key: TaskKey) -> Iterator[Task]:
        return self.client.subtasks(key, page_size=SUBTASKS_AT_ONCE)

    def cancel(self, key: TaskKey) -> Task:
        return self.client.cancel(key)

    def retry(self, key: TaskKey) -> Task:
        return self.client.retry(key)
