# mypy: disable-error-code="overload-overlap"
"""The calls of a `TaskContext` that start children and wait for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

from taskmill.model.left_out import LEFT_OUT
from taskmill.model.options import suggests
from taskmill.model.type_variables import In, Out

if TYPE_CHECKING:
    from taskmill.functions.checkers.declared import DeclaredTaskWithDefault
    from taskmill.functions.checkers.inputs import A, Alike, B, C, D, E, Given, Givens, Waited
    from taskmill.functions.checkers.options import ChildMapOptions, ChildOptions, RunOptions
    from taskmill.functions.task_functions import TaskFunction
    from taskmill.model.wait_errors import TaskFailed
    from taskmill.work.child import Child
    from taskmill.work.child_calls import What
    from taskmill.work.map_result import MapResult
    from taskmill.work.spawning import Spawner


class ChildCalls:
    """Starts children of the task, and waits for them."""

    @property
    def _spawner(self) -> Spawner:
        raise NotImplementedError

    @overload
    def submit(
        self, task: TaskFunction[In, Out], input: Given[In], **options: Unpack[ChildOptions]
    ) -> Child[Out]: ...
    @overload
    def submit(
        self, task: DeclaredTaskWithDefault[Any, Out, ..., Any], **options: Unpack[ChildOptions]
    ) -> Child[Out]: ...
    @overload
    def submit(
        self, task: str, input: Any = ..., **options: Unpack[ChildOptions]
    ) -> Child[Any]: ...
    @suggests
    def submit(
        self,
        task: What,
        input: Any = LEFT_OUT,  # noqa: A002  # the name of the field
        *,
        name: str | None = None,
        delay_seconds: int = 0,
        priority: str | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
    ) -> Child[Any]:
        """Start a child without waiting for it. The task ends only when all its children have.

        When the function is rerun after a wait or a failure, the same call finds the same child,
        identified by the position of the call or by `name`. So a task function that starts
        children must make the same calls in every run.

        Args:
            task: A task function, or the name of a task type.
            input: Left out, it is the function's default; None is None.
            name: Identifies this child among its siblings: up to 40 letters, digits, '.', '_', '-'.
            delay_seconds: Seconds until the child starts.
            priority: "low", "normal", "high" or "urgent"; by default that of its type, else of
                the parent.
            expires_seconds: As in `TaskFunction.submit`.
            deadline_seconds: The same; its deadline is not after that of the parent.

        Raises:
            InvalidInput: The task function does not accept the input.
            TooDeep: The child would be more than 32 levels below the first task.
            NotDeterministic: The function made different calls in an earlier run.
            Abort: This task is a subtask, which cannot start others.
            Conflict: This process was forked by the one that runs the attempt.
        """
        (child,) = self._spawner.submit(
            [(task, input)],
            name=name,
            delay_seconds=delay_seconds,
            priority=priority,
            expires_seconds=expires_seconds,
            deadline_seconds=deadline_seconds,
        )
        return child

    @overload
    def submit_many(self, task: TaskFunction[In, Out], inputs: Givens[In]) -> list[Child[Out]]: ...
    @overload
    def submit_many(self, task: str, inputs: Iterable[Any]) -> list[Child[Any]]: ...
    @suggests
    def submit_many(self, task: What, inputs: Any) -> list[Child[Any]]:
        """Start a child for each input, storing 25 per request; otherwise as `submit`."""
        return self._spawner.submit_each(task, inputs)

    @overload
    def run(
        self, task: TaskFunction[In, Out], input: Given[In], **options: Unpack[RunOptions]
    ) -> Out: ...
    @overload
    def run(
        self, task: DeclaredTaskWithDefault[Any, Out, ..., Any], **options: Unpack[RunOptions]
    ) -> Out: ...
    @overload
    def run(self, task: str, input: Any = ..., **options: Unpack[RunOptions]) -> Any: ...
    @suggests
    def run(
        self,
        task: What,
        input: Any = LEFT_OUT,  # noqa: A002  # the name of the field
        *,
        name: str | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
    ) -> Any:
        """Start a child, wait for it, and return its result.

        While it waits, the task is suspended: it occupies no worker and costs nothing. Then its
        function is rerun from the top; calls whose children have ended return at once.

        Raises:
            TaskFailed: The child failed or was cancelled. Unless the function catches it, this
                task fails without another attempt, which would find the same failed child.
        """
        children = self._spawner.submit(
            [(task, input)],
            awaited=True,
            name=name,
            expires_seconds=expires_seconds,
            deadline_seconds=deadline_seconds,
        )
        return self._spawner.gather(children, return_exceptions=False)[0]

    @overload
    def gather(
        self,
        task: TaskFunction[In, Out],
        inputs: Givens[In],
        /,
        *,
        return_exceptions: Literal[False] = False,
    ) -> list[Out]: ...
    @overload
    def gather(
        self, task: TaskFunction[In, Out], inputs: Givens[In], /, *, return_exceptions: bool
    ) -> list[Out | TaskFailed]: ...
    @overload
    def gather(
        self, task: str, inputs: Iterable[Any], /, *, return_exceptions: bool = False
    ) -> list[Any]: ...
    @overload
    def gather(self, *what: Alike[Out], return_exceptions: Literal[False] = False) -> list[Out]: ...
    @overload
    def gather(self, *what: Alike[Out], return_exceptions: bool) -> list[Out | TaskFailed]: ...
    @overload
    def gather(
        self, what: Iterable[Waited[Out]], /, *, return_exceptions: Literal[False] = False
    ) -> list[Out]: ...
    @overload
    def gather(
        self, what: Iterable[Waited[Out]], /, *, return_exceptions: bool
    ) -> list[Out | TaskFailed]: ...
    @overload
    def gather(
        self, a: Waited[A], b: Waited[B], /, *, return_exceptions: Literal[False] = False
    ) -> tuple[A, B]: ...
    @overload
    def gather(
        self, a: Waited[A], b: Waited[B], /, *, return_exceptions: bool
    ) -> tuple[A | TaskFailed, B | TaskFailed]: ...
    @overload
    def gather(
        self,
        a: Waited[A],
        b: Waited[B],
        c: Waited[C],
        /,
        *,
        return_exceptions: Literal[False] = False,
    ) -> tuple[A, B, C]: ...
    @overload
    def gather(
        self, a: Waited[A], b: Waited[B], c: Waited[C], /, *, return_exceptions: bool
    ) -> tuple[A | TaskFailed, B | TaskFailed, C | TaskFailed]: ...
    @overload
    def gather(
        self,
        a: Waited[A],
        b: Waited[B],
        c: Waited[C],
        d: Waited[D],
        /,
        *,
        return_exceptions: Literal[False] = False,
    ) -> tuple[A, B, C, D]: ...
    @overload
    def gather(
        self, a: Waited[A], b: Waited[B], c: Waited[C], d: Waited[D], /, *, return_exceptions: bool
    ) -> tuple[A | TaskFailed, B | TaskFailed, C | TaskFailed, D | TaskFailed]: ...
    @overload
    def gather(
        self,
        a: Waited[A],
        b: Waited[B],
        c: Waited[C],
        d: Waited[D],
        e: Waited[E],
        /,
        *,
        return_exceptions: Literal[False] = False,
    ) -> tuple[A, B, C, D, E]: ...
    @overload
    def gather(
        self,
        a: Waited[A],
        b: Waited[B],
        c: Waited[C],
        d: Waited[D],
        e: Waited[E],
        /,
        *,
        return_exceptions: bool,
    ) -> tuple[A | TaskFailed, B | TaskFailed, C | TaskFailed, D | TaskFailed, E | TaskFailed]: ...
    @overload
    def gather(
        self, *what: Waited[Any] | tuple[What, Any], return_exceptions: bool = False
    ) -> list[Any]: ...
    @overload
    def gather(
        self, what: Iterable[Waited[Any] | tuple[What, Any]], /, *, return_exceptions: bool = False
    ) -> list[Any]: ...
    @suggests
    def gather(self, *what: Any, return_exceptions: bool = False) -> Any:
        """Wait for several children and return their results in order.

        Args:
            what: A task function and its inputs (`gather(page, [1, 2])`), pairs of these
                (`gather((page, 1), (cover, None))`), or children from `submit`.
            return_exceptions: Return a `TaskFailed` in place of a result, instead of raising the
                first one.

        Raises:
            TaskFailed: A child failed or was cancelled; raised when all children have ended.
        """
        return self._spawner.gather_all(what, return_exceptions=return_exceptions)

    @overload
    def map(
        self,
        task: TaskFunction[In, Out],
        inputs: Givens[In],
        *,
        tolerated_failures: None = None,
        **options: Unpack[ChildMapOptions],
    ) -> MapResult[Out]: ...
    @overload
    def map(
        self,
        task: TaskFunction[In, Out],
        inputs: Givens[In],
        *,
        tolerated_failures: int | str | None,
        **options: Unpack[ChildMapOptions],
    ) -> MapResult[Out | None]: ...
    @overload
    def map(
        self,
        task: str,
        inputs: Iterable[Any],
        *,
        tolerated_failures: int | str | None = None,
        **options: Unpack[ChildMapOptions],
    ) -> MapResult[Any]: ...
    @suggests
    def map(
        self,
        task: What,
        inputs: Any,
        *,
        name: str | None = None,
        tolerated_failures: int | str | None = None,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        notify: Literal["each", "progress", "none"] | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
    ) -> MapResult[Any]:
        """Start a fan-out, wait for it, and return the results of its subtasks in order.

        Args:
            name: Identifies this fan-out among the children, as in `submit`.
            tolerated_failures: How many subtasks may fail: a count (10) or a share ("5%").
            batch_size: Subtasks that one Lambda invocation runs, one after the other. By default
                the square root of their number, at most 100 (200 for 1,000,000): 32 of 1,000.
            max_concurrency: Batches that run at the same time.
            notify: Which notifications are published.

        Raises:
            TaskFailed: More subtasks failed than are tolerated.
        """
        options = {
            "name": name,
            "tolerated_failures": tolerated_failures,
            "batch_size": batch_size,
            "max_concurrency": max_concurrency,
            "notify": notify,
            "expires_seconds": expires_seconds,
            "deadline_seconds": deadline_seconds,
        }
        return self._spawner.map(task, inputs, options)
