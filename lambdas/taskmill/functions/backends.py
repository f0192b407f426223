"""The way from a handle to its task: what handles ask of a task service, and which one is in use.

Two backends exist: a task service in this process (`service/backend.py`), and the API over HTTP
(`client/backend.py`). `wiring/connecting.py` knows which of them the environment names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from taskmill.functions.polling import Pace
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import TaskKey

if TYPE_CHECKING:  # pydantic is owed by those who submit, not by those who import
    from taskmill.model.api.views import Progress, Task

SUBTASKS_AT_ONCE = 500  # of a fan-out, read by one request


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


Finder = Callable[[str | None], Backend]
"""Gives the backend that the environment names, to whoever submits for this tenant."""

CHOSEN_HERE: ContextVar[Backend | None] = ContextVar("taskmill_backend", default=None)
CHOSEN_EVERYWHERE: list[Backend] = []  # none or one
FINDERS: list[Finder] = []  # the last one counts


def current_backend(tenant: str | None = None) -> Backend:
    """The backend to submit through: the connected one, else the one that the environment names.

    Args:
        tenant: Whose tasks, as far as it is known.

    Raises:
        NotConfigured: Nobody says where the API is, or whose tasks are meant.
    """
    chosen = CHOSEN_HERE.get() or next(iter(CHOSEN_EVERYWHERE), None)
    if chosen is not None:
        return chosen
    if not FINDERS:
        raise InvalidRequest("no task service is known here: import taskmill, or connect() to one")
    return FINDERS[-1](tenant)
