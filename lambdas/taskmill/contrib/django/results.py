"""Tasks of taskmill as task results of Django."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping
from typing import Any

from taskmill.contrib.django.interface import TaskError, TaskResult, TaskResultStatus
from taskmill.model import errors
from taskmill.model.api.views import Task
from taskmill.model.statuses import Status

STATUSES: Mapping[Status, Any] = {
    Status.CREATED: TaskResultStatus.READY,
    Status.SCHEDULED: TaskResultStatus.READY,
    Status.PARKED: TaskResultStatus.READY,
    Status.QUEUED: TaskResultStatus.READY,
    Status.ERRORED: TaskResultStatus.READY,  # another attempt follows
    Status.STARTED: TaskResultStatus.RUNNING,
    Status.PROCESSING: TaskResultStatus.RUNNING,
    Status.WAITING: TaskResultStatus.RUNNING,
    Status.FINISHED: TaskResultStatus.RUNNING,
    Status.COMPLETED: TaskResultStatus.SUCCESSFUL,
    Status.FAILED: TaskResultStatus.FAILED,
    Status.CANCELLED: TaskResultStatus.FAILED,
}


def id_of(task: Task) -> str:
    """The id of a result: the task type and the task's code, without its tenant."""
    return f"{task.type}:{task.code}"


def result_of(
    stored: Task, task: Any, *, args: list[Any], kwargs: dict[str, Any], value: Any = None
) -> Any:
    """The `TaskResult` of a stored task.

    Args:
        task: The Django task, with the alias of its backend.
        value: What it returned, if it has completed.
    """
    begun = [each.at for each in stored.history if each.status == Status.STARTED]
    result = TaskResult(
        task=task,
        id=id_of(stored),
        status=STATUSES[Status(stored.status)],
        enqueued_at=stored.created_at,
        started_at=stored.started_at,
        finished_at=stored.finished_at,
        last_attempted_at=begun[-1] if begun else None,
        args=args,
        kwargs=kwargs,
        backend=task.backend,
        errors=_errors(stored.attributes.get("error")),
        worker_ids=worker_ids(stored.code or "", stored.attempts or 0),
    )
    object.__setattr__(result, "_return_value", value)
    return result


def worker_ids(code: str, attempts: int) -> list[str]:
    """An id for each attempt, as Django counts attempts by workers."""
    return [f"{code}-{attempt}" for attempt in range(1, attempts + 1)]


def _errors(error: Any) -> list[Any]:
    if not isinstance(error, dict):
        return []
    stack = str(error.get("stack") or error.get("message") or "")
    path = _class_path(str(error.get("type")), stack)
    return [TaskError(exception_class_path=path, traceback=stack)]


def _class_path(name: str, stack: str) -> str:
    """The path of an exception's class: the stack names it, except for Python's own."""
    if named := re.findall(rf"^((?:\w+\.)+{re.escape(name)})(?::|$)", stack, re.MULTILINE):
        return str(named[-1])
    if hasattr(builtins, name):
        return f"builtins.{name}"
    return f"{errors.__name__}.{name}" if hasattr(errors, name) else "builtins.Exception"
