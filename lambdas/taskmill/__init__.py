"""Serverless background tasks on AWS: the names that programs with `@task` functions import.

Each name is imported from its module when it is first used. Other public names are in the modules
beside this one (`taskmill.errors`, `taskmill.models` and so on), in `client` and in `testing`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskmill.functions.context import TaskContext
    from taskmill.functions.handles import MapHandle, TaskHandle
    from taskmill.functions.hooks.middleware import (
        AttemptInfo,
        Middleware,
        Submission,
        middleware,
    )
    from taskmill.functions.registry import TaskEventFactory, event_handler
    from taskmill.functions.secret_marks import Secret
    from taskmill.functions.task_decorator import task
    from taskmill.functions.task_functions import TaskFunction
    from taskmill.model.errors import (
        Abort,
        NotDeterministic,
        TaskCancelled,
        TaskNotFound,
        TaskTimeout,
    )
    from taskmill.model.flow_control.declared_limits import Limit, RateLimit
    from taskmill.model.flow_control.retry_after import RetryAfter
    from taskmill.model.flow_control.uniqueness import Debounce, Unique
    from taskmill.model.retry import Retry
    from taskmill.model.wait_errors import TaskFailed, WaitTimeout
    from taskmill.service.task_service import TaskService
    from taskmill.wiring.connecting import connect, connected

# The module of each public name, imported when the name is first used (PEP 562): Lambda functions
# without task code load none of these modules.
_MODULES = {
    "functions.context": ("TaskContext",),
    "functions.handles": ("MapHandle", "TaskHandle"),
    "functions.hooks.middleware": ("AttemptInfo", "Middleware", "Submission", "middleware"),
    "functions.registry": ("TaskEventFactory", "event_handler"),
    "functions.secret_marks": ("Secret",),
    "functions.task_decorator": ("task",),
    "functions.task_functions": ("TaskFunction",),
    "model.errors": (
        "Abort",
        "NotDeterministic",
        "TaskCancelled",
        "TaskNotFound",
        "TaskTimeout",
    ),
    "model.flow_control.declared_limits": ("Limit", "RateLimit"),
    "model.flow_control.retry_after": ("RetryAfter",),
    "model.flow_control.uniqueness": ("Debounce", "Unique"),
    "model.retry": ("Retry",),
    "model.wait_errors": ("TaskFailed", "WaitTimeout"),
    "wiring.connecting": ("connect", "connected"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}
_SUBMITTING = ("MapHandle", "TaskFunction", "TaskHandle", "task")

__all__ = [
    "Abort",
    "AttemptInfo",
    "Debounce",
    "Limit",
    "MapHandle",
    "Middleware",
    "NotDeterministic",
    "RateLimit",
    "Retry",
    "RetryAfter",
    "Secret",
    "Submission",
    "TaskCancelled",
    "TaskContext",
    "TaskEventFactory",
    "TaskFailed",
    "TaskFunction",
    "TaskHandle",
    "TaskNotFound",
    "TaskTimeout",
    "Unique",
    "WaitTimeout",
    "connect",
    "connected",
    "current_service",
    "event_handler",
    "middleware",
    "task",
]


def current_service() -> TaskService:
    """The task service of this process, for task code that reads or changes other tasks.

    The role of the Lambda function needs the permissions for what the service is asked to do;
    `TaskStack` shows how to grant them.
    """
    from taskmill.wiring.process import current

    return current().service


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _SUBMITTING:
        # Registers the lookup of the task service that the environment of this process names.
        import_module(f"{__name__}.wiring.connecting")
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found  # the next access does not call this function
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
