"""Changing tasks, and waiting for their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskmill.client.calls.operations import operation
from taskmill.client.calls.steps import Pause, Request, Steps, Tell, getting
from taskmill.client.connection import Connection
from taskmill.client.errors import TaskFailed
from taskmill.client.paths import path_of
from taskmill.client.read import Key, key_of
from taskmill.client.wire import to_body
from taskmill.functions.polling import Patience
from taskmill.model.api.views import Task
from taskmill.model.errors import WrongOptionType
from taskmill.model.options import check_choice, check_mapping, suggests
from taskmill.model.statuses import FINAL, Status


class Changes(Connection):
    """The client's methods that change a task or wait for it."""

    @operation
    def cancel(self, key: Key) -> Steps[Task]:
        """Cancel a task that has not ended.

        Raises:
            IllegalStatusChange: The task has ended.
        """
        request = Request("POST", f"{path_of(key_of(key))}/cancel")
        return Task.model_validate((yield request))

    @operation
    def retry(self, key: Key) -> Steps[Task]:
        """Run a failed or cancelled task again.

        A step function task runs only those subtasks again that did not complete. Of a subtask,
        nothing but itself runs again; the answer is its step function task.

        Raises:
            IllegalStatusChange: The task is neither FAILED nor CANCELLED, or not the subtask's.
        """
        request = Request("POST", f"{path_of(key_of(key))}/retry")
        return Task.model_validate((yield request))

    @operation
    @suggests
    def update_status(
        self,
        key: Key,
        status: Status | str,
        *,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Steps[Task]:
        """Report the status of a task from a worker outside taskmill.

        Args:
            attributes: `result`, `error`, `progress` and others; up to 16 KB without the result.
            notify_id: The `id` of the notification about this change.

        Raises:
            IllegalStatusChange: The status table does not allow this change.
        """
        check_choice("status", status, Status)
        if attributes is not None:
            check_mapping("attributes", attributes, "a dict")
        body = to_body({"status": status, "attributes": attributes, "notifyId": notify_id})
        return Task.model_validate((yield Request("PATCH", path_of(key_of(key)), body)))

    @operation
    @suggests
    def wait(
        self,
        key: Key,
        *,
        timeout_seconds: float | None = 300.0,
        on_update: Callable[[Task], Any] | None = None,
    ) -> Steps[Task]:
        """Wait until the task has completed, and return it.

        Args:
            timeout_seconds: None waits without a limit.
            on_update: Called with the task after each read. `AsyncTaskClient` awaits it, if it is
                an async function.

        Raises:
            TaskFailed: The task failed or was cancelled; `error.task` is the task.
            WaitTimeout: The task has not ended in time; it continues to run.
        """
        if on_update is not None and not callable(on_update):
            raise WrongOptionType(f"on_update is {on_update!r}; give a function", field="on_update")
        patience = Patience(self.pace, timeout_seconds)
        path = path_of(key_of(key))
        while True:
            task = Task.model_validate((yield getting(path)))
            if on_update is not None:
                yield Tell(on_update, task)
            if task.status is Status.COMPLETED:
                return task
            if task.status in FINAL:
                raise TaskFailed(task)
            yield Pause(patience, task)
