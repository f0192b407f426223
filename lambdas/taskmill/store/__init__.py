"""The tasks table: the only modules that speak to DynamoDB."""

from taskmill.store.subtasks import SubtaskStore
from taskmill.store.tasks import TaskStore

__all__ = ["SubtaskStore", "TaskStore"]
