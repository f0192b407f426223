"""What can go wrong at the caller's end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.errors import InvalidRequest, TaskmillError
from taskmill.models import Task
from taskmill.statuses import Status


class NotConfigured(TaskmillError):
    """The client does not know where, for whom or as whom to call."""

    code = "not_configured"
    http_status = 400


class UnreadableInput(InvalidRequest):
    """A file is missing or does not hold what its name says; a wrong line is named by number."""

    code = "unreadable_input"


class Unreachable(TaskmillError):
    """No answer, or none that a task API gives; the message says what to try."""

    code = "unreachable"
    http_status = 503


class TaskFailed(TaskmillError):
    """The task ended FAILED or CANCELLED.

    Attributes:
        task: As it ended.
        error: `{type, message, stack}` as stored; empty for a cancelled task.
    """

    code = "task_failed"
    http_status = 409

    def __init__(self, task: Task) -> None:
        stored = task.attributes.get("error")
        self.task = task
        self.error: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
        super().__init__(f"{task.key} {outcome(task)}", **task.key.as_dict())


class WaitTimeout(TaskmillError):
    """The task goes on, but the time to wait for it is over.

    Attributes:
        task: As it was last seen.
    """

    code = "wait_timeout"
    http_status = 408

    def __init__(self, task: Task, timeout_seconds: float) -> None:
        self.task = task
        super().__init__(f"{task.key} is still {task.status} after {timeout_seconds:g} s")


def outcome(task: Task) -> str:
    """How a task ended, in words, with its error."""
    if task.status is not Status.FAILED:
        return f"is {task.status}"
    error = task.attributes.get("error")
    if not isinstance(error, dict):
        return "failed"
    return f"failed: {error.get('type', 'Error')}: {error.get('message', '')}"
