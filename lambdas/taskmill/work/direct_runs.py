"""`execute_now`: tasks that run in the submitting process, with the usual row but no queue."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.functions.registry import Registry
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import ClaimLost, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.work.event_loops import without_event_loop

if TYPE_CHECKING:
    from taskmill.model.api.requests import CreateTask
    from taskmill.work.task_runner import TaskRunner

MAX_PAUSE_MS = 30_000  # a retry due later than this is left to a worker, so the caller returns
_NO_DEADLINE_MS = 1 << 40  # this process has no deadline: only the task type's timeout applies


@dataclass(frozen=True, kw_only=True)
class DirectRuns:
    """Runs tasks in this process right after they were stored.

    The dispatcher sends a message for these tasks too, but delayed until the lease of the first
    attempt has expired. If this process has died by then, a worker takes the task over; otherwise
    the worker finds nothing to do.

    Args:
        runner: Returns the task runner. It is called, and its modules are imported, only when a
            task is run here.
        sleep: Waits the given number of seconds.
        always: Run every task here that can run here, unless `execute_now` is False.
        in_lambda: Whether this process has Lambda's limits.
    """

    runner: Callable[[], TaskRunner]
    tasks: TaskStore
    registry: Registry
    sleep: Callable[[float], None]
    always: bool = False
    in_lambda: bool = False
    clock: Clock = now_ms

    def wants(self, task: CreateTask, execute_now: bool | None) -> bool:  # noqa: FBT001  # the caller's option
        """Whether a new task is to be run here.

        Args:
            execute_now: As the caller said; None: as `always` says.

        Raises:
            InvalidRequest: `execute_now` is True, but the task cannot run here.
        """
        if execute_now is False or not (execute_now or self.always):
            return False
        refusal = self._refusal(task)
        if refusal and execute_now:
            raise InvalidRequest(f"execute_now: {refusal}", field="execute_now")
        return not refusal

    def _refusal(self, task: CreateTask) -> str | None:
        if task.delay_seconds or task.run_at:
            return "it runs the task at once: leave out delay_seconds and run_at"
        if task.debounce or (task.unique and task.unique.on_conflict == "coalesce"):
            return "it runs the task at once: leave out debounce, and unique that coalesces"
        if not self.registry.has_code(task.task_type):
            return f"no code for the task type {task.task_type!r} is in this process"
        if self.registry.settings(task.task_type).is_limited:
            return f"tasks of type {task.task_type!r} are limited: they wait for their turn"
        if self.in_lambda and self.registry.settings(task.task_type).runner == "container":
            return f"tasks of type {task.task_type!r} run in containers only, not in Lambda"
        return None

    def held(self, row: TaskRow) -> TaskRow:
        """The row of a new task, marked as `direct` and leased to this process for `run`."""
        from taskmill.work.leases import GRACE_MS

        _, timeout_seconds = self.registry.policy(row.key.type)
        until = self.clock() + round(timeout_seconds * 1000) + GRACE_MS
        return dataclasses.replace(row, direct=True, lease_until=until)

    def run(self, key: TaskKey) -> TaskRow:
        """Run a task until it ends, waits for children, or its next attempt is over 30 s away.

        Returns:
            The row as it stands then.
        """
        while True:
            without_event_loop(lambda: self._attempt(key))
            row = self.tasks.get(key)
            pause_ms = (row.retry_at or 0) - self.clock()
            if row.status is not Status.ERRORED or pause_ms > MAX_PAUSE_MS:
                return row
            self.sleep(max(pause_ms, 0) / 1000)

    def _attempt(self, key: TaskKey) -> None:
        with suppress(ClaimLost):  # cancelled, or taken over
            self.runner().run(key, remaining_ms=lambda: _NO_DEADLINE_MS)
