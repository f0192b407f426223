"""Runs the subtasks of a batch: one after another, or side by side where their type allows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from taskmill.model.rows.task_row import TaskRow
from taskmill.work.side_calls import SideCalls


class Lanes:
    """Lanes that each run one subtask at a time, from one source. The first is this thread.

    Args:
        rows: What to run. It is asked for the next one by one lane at a time.
        run: Runs one subtask.
    """

    def __init__(self, rows: Iterator[TaskRow], run: Callable[[TaskRow], None]) -> None:
        self._rows = rows
        self._run_row = run
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, count: int, side_calls: SideCalls) -> None:
        """Run everything in so many lanes, and wait for them.

        Raises:
            BaseException: What a lane raised. No other has begun anything since.
        """
        with ExitStack() as ends:
            for _ in range(count - 1):
                ends.callback(side_calls.start(self._work))
            self._work()

    def _work(self) -> None:
        try:
            while (row := self._next()) is not None:
                self._run_row(row)
        except BaseException:
            self._stopped = True
            raise

    def _next(self) -> TaskRow | None:
        with self._lock:
            return None if self._stopped else next(self._rows, None)
