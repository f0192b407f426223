"""What a task function may ask of the attempt that runs it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from taskmill.errors import ClaimLost, TaskCancelled
from taskmill.keys import TaskKey

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
        self, *, key: TaskKey, attempt: int, logger: Any, report: Report, look: Look = bool
    ) -> None:
        self.key = key
        self.attempt = attempt
        self.logger = logger
        self._report = report
        self._look = look
        self._looked_at = float("-inf")
        self._cancelled = False
        self._reported_at = float("-inf")
        self._unreported: Mapping[str, Any] | None = None
        self.stopped: Exception | None = None  # why this attempt may write nothing more

    def progress(self, done: float, total: float | None = None, message: str = "") -> None:
        """Say how far the work is; also extends the lease. Cheap to call often.

        At most one write a second goes out; the newest figure that was held back is stored
        with the outcome.

        Raises:
            TaskCancelled: The task was cancelled; let it through to stop early.
            ValueError: `done` or `total` is infinite, or no number.
        """
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


def _figure(name: str, value: float) -> int | float:
    """A number as a row can hold it, whatever kind of number it was (numpy's, a Decimal)."""
    number = float(value)
    if not abs(number) < LARGEST_FIGURE:  # nor NaN
        raise ValueError(f"progress: {name} is {number}")
    return int(number) if number.is_integer() else round(number, 6)
