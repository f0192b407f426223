"""The tasks table: the only modules that speak to DynamoDB."""

from taskmill.store.batches import BatchStore
from taskmill.store.claims import ClaimStore
from taskmill.store.subtasks import SubtaskStore
from taskmill.store.tasks import TaskStore

__all__ = ["BatchStore", "ClaimStore", "SubtaskStore", "TaskStore"]
