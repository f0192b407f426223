"""Handles of submitted tasks: read the status, wait for the result, cancel, retry."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Self, TypeAlias, cast, overload

from taskmill.functions.backends import Backend, current_backend
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.polling import Patience, looks, looks_async
from taskmill.functions.reported_progress import reported_progress
from taskmill.model.errors import Conflict, InvalidKey
from taskmill.model.keys import TaskKey
from taskmill.model.redaction import holds_mask
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import FINAL, Status
from taskmill.model.type_variables import Out, Out_co
from taskmill.model.wait_errors import TaskFailed, no_result

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction
    from taskmill.model.api.views import Progress, Task

    KeyOfTask: TypeAlias = "TaskKey | Task | TaskHandle[Any] | Mapping[str, str] | str"

WAIT_SECONDS = 300.0  # default timeout of `wait`
_NOTHING: Any = None  # of a tolerated failure: where some are tolerated, `Out_co` includes None


class TaskHandle(Generic[Out_co]):
    """A handle of a submitted task. It stores only the key: every method reads the task anew.

    `TaskHandle.of(str(handle))` makes an equal handle, elsewhere or later. Handles can be pickled.

    Args:
        function: Results are converted to its return type.
        backend: How to reach the task; by default `current_backend` at the first call.

    Attributes:
        key: The task's key.
    """

    def __init__(
        self,
        key: TaskKey,
        function: TaskFunction[Any, Any] | None = None,
        backend: Backend | None = None,
    ) -> None:
        self.key = key
        self._function = function
        self._chosen = backend

    @overload
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction[Any, Out]) -> TaskHandle[Out]: ...
    @overload
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction | None = None) -> Self: ...
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction | None = None) -> TaskHandle[Any]:
        """A handle of an existing task; for a step function task a `MapHandle`.

        Args:
            key: A key, an object or mapping with one, or its text ("TASK#mbc/data-export#01J...").
            function: By default the function of this type in this process; if there is none,
                results stay plain JSON values.

        Raises:
            InvalidKey: It is not a key or, for `MapHandle.of`, not that of a step function task.
        """
        named = key if isinstance(key, TaskKey) else _key(key)
        kind = MapHandle if is_fan_out(named) else TaskHandle
        if not issubclass(kind, cls):
            raise InvalidKey(f"{named} is no step function task", field="key")
        return kind(named, function or FUNCTIONS.get(named.type))

    def task(self) -> Task:
        """Read the task.

        Raises:
            TaskNotFound: No task has this key.
        """
        return self._backend.get(self.key)

    def status(self) -> Status:
        """Read the task's status. Raises as `task` does."""
        return self.task().status

    def progress(self) -> Progress:
        """What `ctx.progress` last reported: `completed` of `total`, and `percent`.

        While the task waits for its children, and if it reports nothing, those that have ended, of
        all it has started; a fan-out among them counts as its subtasks. Raises as `task` does.
        """
        if self.key.index is not None:  # a subtask
            return reported_progress(self.task())
        return self._backend.progress(self.key)

    def input(self) -> Any:
        """The task's input as a JSON value; a large one is fetched.

        Raises:
            PayloadMissing: The input has expired.
            Forbidden: Inputs of its type may hold secrets.
            TaskNotFound: No task has this key.
        """
        return self._backend.input(self.key)

    def children(self) -> Iterator[Task]:
        """The tasks that it started with `ctx.submit`, `run`, `gather` and `map`, page by page."""
        return self._backend.children(self.key)

    def updates(self, timeout_seconds: float | None = None) -> Iterator[Task]:
        """Read the task repeatedly until it has ended, and yield it each time.

        Raises:
            WaitTimeout: The task has not ended in time; None: there is no limit.
            TaskNotFound: No task has this key.
        """
        return looks(self.task, self._backend.pace, timeout_seconds=timeout_seconds)

    def updates_async(self, timeout_seconds: float | None = None) -> AsyncIterator[Task]:
        """As `updates`, for an event loop: a thread is used while it reads, not while it waits."""
        return looks_async(self._task_async, self._backend.pace, timeout_seconds=timeout_seconds)

    def result(self) -> Out_co:
        """What the function returned, converted to its return type; a large result is fetched.

        Raises:
            Conflict: The task has not ended.
            TaskFailed: The task failed or was cancelled; `error` is what it stored.
            TaskNotFound: No task has this key.
            InvalidResult: The stored result does not match the function's present return type.
        """
        return self._result_of(self._ended(self.task()))

    def wait(self, timeout_seconds: float | None = WAIT_SECONDS) -> Out_co:
        """Wait until the task has ended, then return its result as `result` does.

        Polls, at growing intervals of 0.2 up to 5 seconds. Inside a task function use `ctx.run`
        instead, which occupies no worker while it waits.

        Args:
            timeout_seconds: 5 minutes by default; None: no limit.

        Raises:
            WaitTimeout: The task has not ended in time; it keeps running.
            TaskFailed: The task failed or was cancelled.
            TaskNotFound: No task has this key.
        """
        pace = self._backend.pace
        *_, last = looks(self.task, pace, timeout_seconds=timeout_seconds)
        return self._result_of(last)

    async def wait_async(self, timeout_seconds: float | None = WAIT_SECONDS) -> Out_co:
        """As `wait`, without blocking the event loop."""
        import asyncio

        patience = Patience(self._backend.pace, timeout_seconds)
        while (task := await asyncio.to_thread(self.task)).status not in FINAL:
            await patience.pause_async(task)
        return await asyncio.to_thread(self._result_of, task)

    async def _task_async(self) -> Task:
        import asyncio

        return await asyncio.to_thread(self.task)

    def cancel(self) -> Task:
        """Cancel the task and its children or subtasks.

        Raises:
            IllegalStatusChange: The task has ended.
        """
        return self._backend.cancel(self.key)

    def retry(self) -> Task:
        """Run a failed or cancelled task again; in a fan-out, the subtasks that did not complete.

        Raises:
            IllegalStatusChange: The task is neither FAILED nor CANCELLED.
        """
        return self._backend.retry(self.key)

    @cached_property
    def _backend(self) -> Backend:
        return self._chosen or current_backend(self.key.tenant)

    def _ended(self, task: Task) -> Task:
        if task.status not in FINAL:
            raise Conflict(f"{no_result(task)}; wait() for it", status=task.status)
        return task

    def _result_of(self, task: Task) -> Out_co:
        """The result of a task that has ended."""
        if task.status is not Status.COMPLETED:
            raise TaskFailed(task)
        result: Out_co = self._value_of(task)
        return result

    def _value_of(self, task: Task) -> Any:
        """The result of a completed task or subtask, converted to the function's return type."""
        if "resultRef" in task.attributes:
            value = self._backend.result(task.key)
        else:
            value = task.attributes.get("result")
            if holds_mask(value):
                value = self._backend.result(task.key)
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


class MapHandle(TaskHandle[dict[str, int]], Generic[Out_co]):
    """A handle of a submitted step function task: a fan-out over many inputs.

    `result` and `wait` return its counts: `total`, `completed`, `failed` and `cancelled`.
    """

    @overload  # type: ignore[override]  # `function` gives the result of a subtask, not of the task
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction[Any, Out]) -> MapHandle[Out]: ...
    @overload
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction | None = None) -> Self: ...
    @classmethod
    def of(cls, key: KeyOfTask, function: TaskFunction | None = None) -> MapHandle[Any]:
        """A handle of an existing step function task; as `TaskHandle.of`."""
        return cast("MapHandle[Any]", super().of(key, function))

    def subtasks(self) -> Iterator[Task]:
        """Its subtasks in the order of their index, read page by page."""
        return self._backend.subtasks(self.key)

    def results(self) -> Iterator[Out_co]:
        """What the subtasks returned, in the order of the inputs; None for a tolerated failure.

        Raises:
            Conflict: The task has not ended.
            TaskFailed: The task failed or was cancelled; `subtasks` has those that completed.
        """
        self._result_of(self._ended(self.task()))
        return (
            self._value_of(each) if each.status is Status.COMPLETED else _NOTHING
            for each in self.subtasks()
        )

    def _result_of(self, task: Task) -> dict[str, int]:
        """Counts of the subtasks: `total`, `completed`, `failed`, `cancelled`."""
        if task.status is not Status.COMPLETED:
            raise TaskFailed(task)
        counts: dict[str, int] = task.attributes["counts"]
        return counts


def _key(given: Task | TaskHandle | Mapping[str, str] | str) -> TaskKey:
    if isinstance(given, str):
        return TaskKey.from_text(given)
    return TaskKey.of(given) if isinstance(given, Mapping) else given.key


def _taken_up(text: str, module: str | None) -> TaskHandle:
    """Unpickle a handle; imports the module of its function, as pickle does for any object."""
    if module is not None and module not in sys.modules:
        importlib.import_module(module)
    return TaskHandle.of(text)
