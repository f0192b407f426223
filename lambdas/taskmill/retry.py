"""Public name: `Retry`, the retry policy of a task function."""

from taskmill.model.retry import (
    Retry,
)

__all__ = [
    "Retry",
]
