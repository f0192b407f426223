"""Backends: how task functions and handles reach a task service, and which one is in use.

There are two: a task service in this process (`service/backend.py`), and the API over HTTP
(`client/backend.py`). `wiring/connecting.py` selects one by the environment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from taskmill.functions.polling import Pace
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import TaskKey

if TYPE_CHECKING:  # importing task functions must not import pydantic
    from taskmill.model.api.views import Progress, Task

SUBTASKS_AT_ONCE = 500  # page size when reading the subtasks of a fan-out


class Backend(Protocol):
    """The operations of a task service that task functions and handles use.

    `options` are those of `TaskFunction.submit` and `TaskFunction.map`. The `value` of a submit is
    JSON, or `LEFT_OUT`.

    Attributes:
        tenant: The default tenant of submits; None: there is no default.
        pace: How to wait between two reads of a task.
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
        """Fetch the result of a task when it is not in its row, as a JSON value."""

    def input(self, key: TaskKey) -> Any:
        """The input of a task or subtask, of any size, as a JSON value."""

    def progress(self, key: TaskKey) -> Progress: ...

    def children(self, key: TaskKey) -> Iterator[Task]: ...

    def subtasks(self, key: TaskKey) -> Iterator[Task]: ...

    def cancel(self, key: TaskKey) -> Task: ...

    def retry(self, key: TaskKey) -> Task: ...


Finder = Callable[[str | None], Backend]
"""Returns the backend that the environment names, given the tenant, if known."""

CHOSEN_HERE: ContextVar[Backend | None] = ContextVar("taskmill_backend", default=None)
CHOSEN_EVERYWHERE: list[Backend] = []  # set by `connect`: empty or one
FINDERS: list[Finder] = []  # the last one is used


def current_backend(tenant: str | None = None) -> Backend:
    """The backend to submit through: the connected one, else the one named by the environment.

    Args:
        tenant: Of the tasks; None: not known yet.

    Raises:
        NotConfigured: The environment does not name the API or, for it, a tenant.
        InvalidRequest: Nothing is connected, and only `taskmill.functions` is imported.
    """
    chosen = CHOSEN_HERE.get() or next(iter(CHOSEN_EVERYWHERE), None)
    if chosen is not None:
        return chosen
    if not FINDERS:
        raise InvalidRequest("no task service is known here: import taskmill, or connect() to one")
    return FINDERS[-1](tenant)
