"""Errors about a task that somebody waited for: it ended without a result, or has not ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.model.errors import InvalidKey, TaskmillError
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL


class TaskFailed(TaskmillError):
    """A task that the caller waited for ended as FAILED or CANCELLED.

    Attributes:
        task: The task in its final state.
        error: `{type, message, stack}` as stored; empty for a task that somebody cancelled before
            it failed. `final`, if there is one, has type and message of what made the error final,
            such as a lost worker.
    """

    code = "task_failed"
    http_status = 409

    def __init__(self, task: Any) -> None:
        stored = task.attributes.get("error")
        self.task = task
        self.error: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
        super().__init__(f"{task.key.label} {self._outcome()}", **task.key.as_dict())

    @property
    def cause(self) -> Mapping[str, str]:
        """`{key, type, message}` of the first failure: of this task, or of one it waited for."""
        own = {"key": str(self.task.key), "type": str(self.error.get("type", "Error"))}
        known = self.error.get("cause")
        return known or {**own, "message": str(self.error.get("message", ""))}

    def _outcome(self) -> str:
        """How the task ended, in words."""
        if self.task.status != "FAILED":
            expired = self.error.get("type") == "Expired"
            why = f": Expired: {self.error.get('message', '')}" if expired else ""
            return f"is {self.task.status}{why}"
        cause = self.cause
        place = "" if cause["key"] == str(self.task.key) else f" (in {_label(cause['key'])})"
        return f"failed: {cause['type']}: {cause['message']}{place}{final_text(self.error)}"


def _label(key: str) -> str:
    """The label of a key as it is stored in an error; other text stays."""
    try:
        return TaskKey.from_text(key).label
    except InvalidKey:
        return key


def no_result(task: Any) -> str:
    """Why there is no result: the status of a task that did not complete, and its error.

    Args:
        task: A task, or its row.
    """
    told = f"{task.key.label} is {task.status}"
    error = task.attributes.get("error")
    if task.status not in FINAL:
        return f"{told}: it has no result yet"
    if not isinstance(error, Mapping) or not error.get("type"):
        return f"{told}: it has no result"
    told += f" with {error['type']}: {error.get('message', '')}{final_text(error)}"
    return f"{told}: it has no result"


def final_text(error: Mapping[str, Any]) -> str:
    """What made a stored error final, as "; AttemptsSpent: …"; empty if it did so by itself."""
    final = error.get("final")
    if not isinstance(final, Mapping):
        return ""
    return f"; {final.get('type', 'Error')}: {final.get('message', '')}"


class WaitTimeout(TaskmillError):
    """The task has not ended within the timeout; it keeps running.

    Attributes:
        task: The task as last read.
    """

    code = "wait_timeout"
    http_status = 408

    def __init__(self, task: Any, timeout_seconds: float, reason: str = "") -> None:
        self.task = task
        message = f"{task.key.label} is still {task.status} after {timeout_seconds:g} s"
        super().__init__(f"{message}: {reason}" if reason else message)
