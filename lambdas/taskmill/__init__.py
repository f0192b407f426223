"""taskmill: serverless background tasks for Python teams on AWS."""

from taskmill.context import TaskContext
from taskmill.errors import Abort, TaskCancelled, TaskNotFound, TaskTimeout
from taskmill.registry import TaskEventFactory, TaskFunction, event_handler, task
from taskmill.retry import Retry

__all__ = [
    "Abort",
    "Retry",
    "TaskCancelled",
    "TaskContext",
    "TaskEventFactory",
    "TaskFunction",
    "TaskNotFound",
    "TaskTimeout",
    "event_handler",
    "task",
]
