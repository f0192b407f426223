"""What a task function may ask of the attempt that runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from taskmill.model.errors import Abort, ClaimLost, TaskCancelled
from taskmill.model.keys import TaskKey

if TYPE_CHECKING:
    from taskmill.work.child import Child
    from taskmill.work.child_calls import What
    from taskmill.work.map_result import MapResult
    from taskmill.work.spawning import Spawner

PROGRESS_INTERVAL_SECONDS = 1.0  # at most one progress write a second
LOOK_INTERVAL_SECONDS = 1.0  # at most one look a second whether the task was cancelled
MESSAGE_LIMIT = 500  # characters kept of a progress message: the row is billed whole
LARGEST_FIGURE = 1e15

Report = Callable[[Mapping[str, Any]], None]
Look = Callable[[], bool]


class TaskContext:
    """Handed to a task function that takes a `ctx`.

    Attributes:
        key: The task's key; of a subtask with its index.
        attempt: Which attempt this is, from 1.
        logger: Logs with the task's key and attempt on every line.
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
        self.stopped: Exception | None = None  # why this attempt may write nothing more

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the work is; also extends the lease. Cheap to call often.

        At most one write a second goes out; the newest figure that was held back is stored
        with the outcome.

        Raises:
            TaskCancelled: The task was cancelled; let it through to stop early.
            ValueError: `done` or `total` is infinite, or no number.
        """
        self._check_open()
        figures = {"done": done} if total is None else {"done": done, "total": total}
        progress: dict[str, Any] = {name: _figure(name, each) for name, each in figures.items()}
        self._unreported = progress | ({"message": message[:MESSAGE_LIMIT]} if message else {})
        if time.monotonic() - self._reported_at >= PROGRESS_INTERVAL_SECONDS:
            self._send(self._unreported)

    def _send(self, progress: Mapping[str, Any]) -> None:
        try:
            self._report(progress)
        except (ClaimLost, TaskCancelled) as stop:
            self.stopped = stop
            raise
        self._reported_at = time.monotonic()
        self._unreported = None

    @property
    def cancelled(self) -> bool:
        """Whether the task, of a subtask its parent, was cancelled: a read, once a second."""
        if not self._cancelled and time.monotonic() - self._looked_at >= LOOK_INTERVAL_SECONDS:
            self._cancelled = self._look()
            self._looked_at = time.monotonic()
        return self._cancelled

    @property
    def unreported(self) -> Mapping[str, Any] | None:
        """Progress that the throttle held back."""
        return self._unreported

    def submit(
        self,
        task: What,
        input: Any = None,  # noqa: A002  # the field's word
        *,
        name: str | None = None,
        delay_seconds: int = 0,
        priority: str | None = None,
    ) -> Child:
        """Start a child and go on. The task ends only when all of its children have ended.

        Run again after a wait or a failure, the same call finds the same child: it is told by its
        place among the calls, or by its name. A task function that starts children must therefore
        make the same calls each time.

        Args:
            task: A task function, or the name of a task type.
            name: Tells this child from its siblings: up to 40 letters, digits, '.', '_' or '-'.
            delay_seconds: Start so much later.
            priority: "low", "normal", "high" or "urgent"; the parent's by default.

        Raises:
            InvalidInput: The task function cannot take the input.
            TooDeep: The child would be the 33rd in a chain.
            NotDeterministic: An earlier time, the function made other calls.
        """
        (child,) = self._spawner.submit(
            [(task, input)], name=name, delay_seconds=delay_seconds, priority=priority
        )
        return child

    def submit_many(self, task: What, inputs: Iterable[Any]) -> list[Child]:
        """Start a child for each input, 25 a call; otherwise as `submit`."""
        return self._spawner.submit([(task, value) for value in inputs])

    def run(self, task: What, input: Any = None, *, name: str | None = None) -> Any:  # noqa: A002
        """Start a child, wait for it, and return its result.

        While it waits, the task is suspended: it holds no worker and costs nothing. Then its
        function runs again from the top, past everything that has already ended.

        Raises:
            TaskFailed: The child failed or was cancelled. Caught, it is dealt with; else this
                task fails too, at once, because another attempt would find the same.
        """
        children = self._spawner.submit([(task, input)], awaited=True, name=name)
        return self._spawner.gather(children, return_exceptions=False)[0]

    def gather(self, *what: Any, return_exceptions: bool = False) -> list[Any]:
        """Wait for many children at once and return their results in order.

        Args:
            what: A task function and its inputs (`gather(page, [1, 2])`), pairs of both
                (`gather((page, 1), (cover, None))`), or children from `submit`.
            return_exceptions: Give a `TaskFailed` in place of a result, instead of raising the
                first of them when all have ended.

        Raises:
            TaskFailed: One of them failed or was cancelled; all have ended.
        """
        return self._spawner.gather_all(what, return_exceptions=return_exceptions)

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
    ) -> MapResult:
        """Start a fan-out, wait for it, and return the results of its subtasks in order.

        Args:
            name: Tells this fan-out from its siblings.
            tolerated_failures: Failed subtasks that still count as success: 10 or "5%".
            batch_size: Subtasks that one Lambda call works through, one after the other. By
                default as many as there are batches, at most 100: 10 of 100, 32 of 1,000.
            max_concurrency: Batches worked on at once.
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
        }
        return self._spawner.map(task, inputs, options)

    def close(self) -> None:
        """The attempt is over: code of it that was left behind may write nothing more."""
        self._over = True

    def _check_open(self) -> None:
        if self._over:
            raise ClaimLost(f"attempt {self.attempt} of {self.key} is over")

    @property
    def _spawner(self) -> Spawner:
        self._check_open()
        if self._given_spawner is None:
            raise Abort(f"{self.key} is a subtask: only single tasks can start others")
        return self._given_spawner


def _figure(name: str, value: float) -> int | float:
    """A number as a row can hold it, whatever kind of number it was (numpy's, a Decimal)."""
    number = float(value)
    if not abs(number) < LARGEST_FIGURE:  # nor NaN
        raise ValueError(f"progress: {name} is {number}")
    return int(number) if number.is_integer() else round(number, 6)
