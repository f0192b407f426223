"""The keys that name tasks."""

from taskmill.model.keys import (
    NAME_PATTERN,
    Kind,
    TaskKey,
)

__all__ = [
    "NAME_PATTERN",
    "Kind",
    "TaskKey",
]
