"""taskmill: serverless background tasks for Python teams on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskmill.connecting import connect, connected
from taskmill.context import TaskContext
from taskmill.errors import (
    Abort,
    NotDeterministic,
    TaskCancelled,
    TaskFailed,
    TaskNotFound,
    TaskTimeout,
    WaitTimeout,
)
from taskmill.handles import MapHandle, TaskHandle
from taskmill.registry import TaskEventFactory, event_handler
from taskmill.retry import Retry
from taskmill.task_functions import TaskFunction, task

if TYPE_CHECKING:
    from taskmill.service import TaskService

__all__ = [
    "Abort",
    "MapHandle",
    "NotDeterministic",
    "Retry",
    "TaskCancelled",
    "TaskContext",
    "TaskEventFactory",
    "TaskFailed",
    "TaskFunction",
    "TaskHandle",
    "TaskNotFound",
    "TaskTimeout",
    "WaitTimeout",
    "connect",
    "connected",
    "current_service",
    "event_handler",
    "task",
]


def current_service() -> TaskService:
    """The task service of the function this runs in, for task code that looks at other tasks.

    The function's role must allow what is asked for: `TaskStack` shows how to grant it.
    """
    from taskmill.wiring import current

    return current().service
