"""`TaskContext`: the `ctx` argument of task functions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from taskmill.functions.contexts.child_calls import ChildCalls
from taskmill.functions.contexts.limit_uses import LimitUses
from taskmill.model.errors import Abort, ClaimLost, Conflict, TaskCancelled, WrongOptionType
from taskmill.model.json_text import utf8
from taskmill.model.keys import TaskKey
from taskmill.model.redaction import scrubbed

if TYPE_CHECKING:
    from taskmill.work.admission.limit_calls import AttemptLimits
    from taskmill.work.spawning import Spawner

PROGRESS_INTERVAL_SECONDS = 1.0  # at most one progress write a second
LOOK_INTERVAL_SECONDS = 1.0  # `cancelled` reads the row at most once a second
MESSAGE_LIMIT = 500  # characters of a progress message: each write is billed by the whole row
LARGEST_FIGURE = 1e15

Report = Callable[[Mapping[str, Any]], object]
"""Stores progress; False: not yet, so the outcome must contain it."""
Look = Callable[[], bool]


class TaskContext(ChildCalls, LimitUses):
    """Passed to a task function that has a `ctx` parameter: progress, children, rate limits.

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
        limits: AttemptLimits | None = None,
    ) -> None:
        self.key = key
        self.attempt = attempt
        self.logger = logger
        self._report = report
        self._look = look
        self._given_spawner = spawner
        self._given_limits = limits
        self._looked_at = float("-inf")
        self._cancelled = False
        self._reported_at = float("-inf")
        self._unreported: Mapping[str, Any] | None = None
        self._over = False
        self._pid = os.getpid()
        self.secrets: frozenset[str] = frozenset()  # of the input: masked in what is told of it
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
        shown = scrubbed(utf8(str(message)), self.secrets)[:MESSAGE_LIMIT] if message else ""
        self._unreported = progress | ({"message": shown} if message else {})
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
