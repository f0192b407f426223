"""`TaskContext`: the `ctx` argument of task functions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from taskmill.model.errors import Abort, ClaimLost, Conflict, TaskCancelled, WrongOptionType
from taskmill.model.json_text import utf8
from taskmill.model.keys import TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.options import suggests

if TYPE_CHECKING:
    from taskmill.work.child import Child
    from taskmill.work.child_calls import What
    from taskmill.work.map_result import MapResult
    from taskmill.work.spawning import Spawner

PROGRESS_INTERVAL_SECONDS = 1.0  # at most one progress write a second
LOOK_INTERVAL_SECONDS = 1.0  # `cancelled` reads the row at most once a second
MESSAGE_LIMIT = 500  # characters of a progress message: each write is billed by the whole row
LARGEST_FIGURE = 1e15

Report = Callable[[Mapping[str, Any]], object]
"""Stores progress; False: not yet, so the outcome must contain it."""
Look = Callable[[], bool]


class TaskContext:
    """Passed to a task function that has a `ctx` parameter: progress, cancellation, children.

    Attributes:
        key: The task's key; for a subtask it includes the index.
        attempt: Number of this attempt, from 1.
        logger: Adds the task's key and attempt to every line; keys added to it end with the
            attempt.
    """

    def __init__(
        self,
        *,
        key: TaskKey,
        attempt: int,
        logger: Any,
        report: Report,
        look: Look = bool,
        spawner: Spawner | None = None,
    ) -> None:
        self.key = key
        self.attempt = attempt
        self.logger = logger
        self._report = report
        self._look = look
        self._given_spawner = spawner
        self._looked_at = float("-inf")
        self._cancelled = False
        self._reported_at = float("-inf")
        self._unreported: Mapping[str, Any] | None = None
        self._over = False
        self._pid = os.getpid()
        self.stopped: Exception | None = None  # why this attempt may write nothing more

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Report how much is done, which also extends the lease. Cheap to call often.

        The row is written at most once a second; the last report that was not written is stored
        with the outcome. If AWS is unreachable, the write is repeated in the background, and the
        function goes on.

        Args:
            done: Amount done, in any unit.
            total: Amount in all, in the same unit.
            message: Up to 500 characters; the rest is cut off.

        Raises:
            TaskCancelled: The task was cancelled. Do not catch it, so that the attempt ends early.
            ClaimLost: This attempt is over, or another worker has taken over the task.
            ValueError: `done` or `total` is NaN or not below 1e15.
        """
        self._check_open()
        figures = {"done": done} if total is None else {"done": done, "total": total}
        progress: dict[str, Any] = {name: _figure(name, each) for name, each in figures.items()}
        self._unreported = progress | (
            {"message": utf8(str(message))[:MESSAGE_LIMIT]} if message else {}
        )
        if time.monotonic() - self._reported_at >= PROGRESS_INTERVAL_SECONDS:
            self._send(self._unreported)

    def _send(self, progress: Mapping[str, Any]) -> None:
        try:
            stored = self._report(progress)
        except (ClaimLost, TaskCancelled) as stop:
            self.stopped = stop
            raise
        self._reported_at = time.monotonic()
        if stored is not False:
            self._unreported = None

    @property
    def cancelled(self) -> bool:
        """Whether the task (of a subtask: its parent) was cancelled; read at most once a second.

        False also while AWS is unreachable.
        """
        if not self._cancelled and time.monotonic() - self._looked_at >= LOOK_INTERVAL_SECONDS:
            self._cancelled = self._look()
            self._looked_at = time.monotonic()
        return self._cancelled

    @property
    def unreported(self) -> Mapping[str, Any] | None:
        """The last progress that may not be stored yet."""
        return self._unreported

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
    ) -> Child:
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
            expires_seconds, deadline_seconds: As in `TaskFunction.submit`. Its deadline is not
                after that of the parent.

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

    @suggests
    def submit_many(self, task: What, inputs: Iterable[Any]) -> list[Child]:
        """Start a child for each input, storing 25 per request; otherwise as `submit`."""
        return self._spawner.submit_each(task, inputs)

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

    @suggests
    def gather(self, *what: Any, return_exceptions: bool = False) -> list[Any]:
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

    @suggests
    def map(
        self,
        task: What,
        inputs: Iterable[Any],
        *,
        name: str | None = None,
        tolerated_failures: int | str | None = None,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        notify: Literal["each", "progress", "none"] | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
    ) -> MapResult:
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

    def close(self) -> None:
        """End the attempt: code of it that still runs, say in a thread, can write nothing more."""
        self._over = True

    def _check_open(self) -> None:
        if self._over:
            raise ClaimLost(f"attempt {self.attempt} of {self.key} is over")

    @property
    def _spawner(self) -> Spawner:
        self._check_open()
        if os.getpid() != self._pid:
            raise Conflict(
                f"{self.key} runs in process {self._pid}, which forked this one: only that process"
                " can start children and wait for them"
            )
        if self._given_spawner is None:
            raise Abort(f"{self.key} is a subtask: only single tasks can start others")
        return self._given_spawner


def _figure(name: str, value: float) -> int | float:
    """Convert any number (numpy's, a Decimal) to an int or float that a row can hold."""
    try:
        number = float(value)
    except OverflowError:  # an int beyond every float
        number = float("inf")
    except (TypeError, ValueError):
        raise WrongOptionType(f"progress: {name} is {value!r}; give a number", field=name) from None
    if not abs(number) < LARGEST_FIGURE:  # also rejects NaN
        raise ValueError(f"progress: {name} is {number}")
    return int(number) if number.is_integer() else round(number, 6)
