"""Tasks that run in the process that submits them, at once: same row, same statuses, no queue."""

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

MAX_PAUSE_MS = 30_000  # for a longer one before the next attempt no caller is kept
_NO_DEADLINE_MS = 1 << 40  # nobody stops this process: a type's own timeout is what holds


@dataclass(frozen=True, kw_only=True)
class DirectRuns:
    """Runs tasks right after they were stored.

    Their rows are held for this process: the message that every task gets comes only when the
    first attempt must have ended, and finds nothing to do, unless this process has died.

    Args:
        runner: Gives what runs attempts; not every submitter owes its imports.
        always: Run all tasks so that can run here, unless their submitter says otherwise.
        in_lambda: Whether this process has Lambda's limits.
    """

    runner: Callable[[], TaskRunner]
    tasks: TaskStore
    registry: Registry
    sleep: Callable[[float], None]
    always: bool = False
    in_lambda: bool = False
    clock: Clock = now_ms

    def wants(self, task: CreateTask, execute_now: bool | None) -> bool:  # noqa: FBT001  # as asked
        """Whether a new task is to be run here.

        Raises:
            InvalidRequest: It was asked for, and cannot be.
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
        if not self.registry.has_code(task.task_type):
            return f"no code for the task type {task.task_type!r} is in this process"
        if self.in_lambda and self.registry.settings(task.task_type).runner == "container":
            return f"tasks of type {task.task_type!r} run in containers only, and this is none"
        return None

    def held(self, row: TaskRow) -> TaskRow:
        """The row of a new task as it is stored for `run`."""
        from taskmill.work.leases import GRACE_MS

        _, timeout_seconds = self.registry.policy(row.key.type)
        until = self.clock() + round(timeout_seconds * 1000) + GRACE_MS
        return dataclasses.replace(row, direct=True, lease_until=until)

    def run(self, key: TaskKey) -> TaskRow:
        """Run a task until it has ended, waits for children, or has a long pause before it."""
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
