"""taskmill: serverless background tasks for Python teams on AWS."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from taskmill.service import TaskService
    from taskmill.task_functions import TaskFunction, task

# Where names come from once they are asked for: functions that run no task code never do.
_MODULES = {
    "connecting": ("connect", "connected"),
    "context": ("TaskContext",),
    "errors": (
        "Abort",
        "NotDeterministic",
        "TaskCancelled",
        "TaskFailed",
        "TaskNotFound",
        "TaskTimeout",
        "WaitTimeout",
    ),
    "handles": ("MapHandle", "TaskHandle"),
    "registry": ("TaskEventFactory", "event_handler"),
    "retry": ("Retry",),
    "task_functions": ("TaskFunction", "task"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found  # from now on without this function
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
