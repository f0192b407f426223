"""What a submit returns: a handle on the task, to wait for it, look at it, cancel it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from taskmill.functions.backends import Backend, current_backend
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.polling import Patience, looks
from taskmill.functions.reported_progress import reported_progress
from taskmill.model.errors import Conflict, InvalidKey, TaskFailed
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import FINAL, Status

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction
    from taskmill.model.api.views import Progress, Task

WAIT_SECONDS = 300.0  # a caller that says nothing else gives up after so long


class TaskHandle:
    """A task that was submitted. Whatever is asked is asked anew: a handle remembers only the key.

    `str(handle)` names it; `TaskHandle.of` takes it up again, elsewhere or later. Handles can be
    pickled.

    Args:
        function: Whose return type results get.
        backend: Where the task is; by default where this process submits when it is first asked.

    Attributes:
        key: The task's key.
    """

    def __init__(
        self,
        key: TaskKey,
        function: TaskFunction | None = None,
        backend: Backend | None = None,
    ) -> None:
        self.key = key
        self._function = function
        self._chosen = backend

    @classmethod
    def of(
        cls,
        key: TaskKey | Task | TaskHandle | Mapping[str, str] | str,
        function: TaskFunction | None = None,
    ) -> Self:
        """A handle on a task that is there already; of a step function task a `MapHandle`.

        Args:
            key: A key, what has one, or its text ("TASK#mbc/data-export#01J...").
            function: By default the one that has the task's type in this process; without any,
                results stay plain JSON values.

        Raises:
            InvalidKey: That is no key, or not of such a task.
        """
        named = key if isinstance(key, TaskKey) else _key(key)
        kind = MapHandle if is_fan_out(named) else TaskHandle
        if not issubclass(kind, cls):
            raise InvalidKey(f"{named} is no step function task", field="key")
        handle: Any = kind(named, function or FUNCTIONS.get(named.type))
        return handle  # type: ignore[no-any-return]

    def task(self) -> Task:
        """The task as it stands.

        Raises:
            TaskNotFound: There is none.
        """
        return self._backend.get(self.key)

    def status(self) -> Status:
        """Its status. Raises as `task` does."""
        return self.task().status

    def progress(self) -> Progress:
        """How far it is: `completed` of `total` as `ctx.progress` last said, and `percent`.

        Raises as `task` does.
        """
        return reported_progress(self.task())

    def result(self) -> Any:
        """What the function returned, typed as it says; a large result is fetched.

        Raises:
            Conflict: The task has not ended.
            TaskFailed: It failed or was cancelled; the error that it stored comes along.
            TaskNotFound: There is none.
        """
        return self._result_of(self._ended(self.task()))

    def wait(self, timeout_seconds: float | None = WAIT_SECONDS) -> Any:
        """Wait until the task has ended; then as `result`.

        Looks again and again, less and less often: every 5 seconds in the end. Inside a task
        function wait by `ctx.run`, which holds no worker meanwhile.

        Args:
            timeout_seconds: None waits for ever.

        Raises:
            WaitTimeout: It has not ended in time; it goes on.
            TaskFailed: It failed or was cancelled.
            TaskNotFound: There is none.
        """
        pace = self._backend.pace
        *_, last = looks(self.task, pace, timeout_seconds=timeout_seconds)
        return self._result_of(last)

    async def wait_async(self, timeout_seconds: float | None = WAIT_SECONDS) -> Any:
        """As `wait`, without holding up the event loop."""
        import asyncio

        patience = Patience(self._backend.pace, timeout_seconds)
        while (task := await asyncio.to_thread(self.task)).status not in FINAL:
            await patience.pause_async(task)
        return await asyncio.to_thread(self._result_of, task)

    def cancel(self) -> Task:
        """Cancel the task and what it has started.

        Raises:
            IllegalStatusChange: It has ended.
        """
        return self._backend.cancel(self.key)

    def retry(self) -> Task:
        """Run the task again after it failed or was cancelled; of a fan-out what did not complete.

        Raises:
            IllegalStatusChange: It has neither failed nor been cancelled.
        """
        return self._backend.retry(self.key)

    @cached_property
    def _backend(self) -> Backend:
        return self._chosen or current_backend(self.key.tenant)

    def _ended(self, task: Task) -> Task:
        if task.status not in FINAL:
            raise Conflict(
                f"{self.key} is {task.status}: it has no result yet; wait() for it",
                status=task.status,
            )
        return task

    def _result_of(self, task: Task) -> Any:
        """The result of a task that has ended."""
        if task.status is not Status.COMPLETED:
            raise TaskFailed(task)
        return self._value_of(task)

    def _value_of(self, task: Task) -> Any:
        """What the function returned for a task, or a subtask, that has completed."""
        if "resultRef" in task.attributes:
            value = self._backend.result(task.key)
        else:
            value = task.attributes.get("result")
        return value if self._function is None else self._function.parse_result(value)

    def __str__(self) -> str:
        return str(self.key)

    def __repr__(self) -> str:
        return f"{type(self).__name__}.of({str(self.key)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskHandle) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __reduce__(self) -> tuple[Any, ...]:
        module = self._function and self._function.function.__module__
        return _taken_up, (str(self.key), module)


class MapHandle(TaskHandle):
    """A step function task that was submitted: a fan-out over many inputs."""

    def progress(self) -> Progress:
        """How many of its subtasks have ended how. Raises as `task` does."""
        return self._backend.progress(self.key)

    def subtasks(self) -> Iterator[Task]:
        """Its subtasks by index, as they stand; pages are read as they are needed."""
        return self._backend.subtasks(self.key)

    def results(self) -> Iterator[Any]:
        """What the subtasks returned, in the order of the inputs; None for a tolerated failure.

        Raises:
            Conflict: The task has not ended.
            TaskFailed: It failed or was cancelled; `subtasks` tells which of them completed.
        """
        self._result_of(self._ended(self.task()))
        return (
            self._value_of(each) if each.status is Status.COMPLETED else None
            for each in self.subtasks()
        )

    def _result_of(self, task: Task) -> Any:
        """How many subtasks ended how: `total`, `completed`, `failed`, `cancelled`."""
        if task.status is not Status.COMPLETED:
            raise TaskFailed(task)
        return task.attributes["counts"]


def _key(given: Task | TaskHandle | Mapping[str, str] | str) -> TaskKey:
    if isinstance(given, str):
        return TaskKey.from_text(given)
    return TaskKey.of(given) if isinstance(given, Mapping) else given.key


def _taken_up(text: str, module: str | None) -> TaskHandle:
    """A pickled handle; the module of its function is loaded as that of any pickled object is."""
    if module is not None and module not in sys.modules:
        importlib.import_module(module)
    return TaskHandle.of(text)
