"""Public names: the keys of tasks."""

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
