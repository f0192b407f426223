"""What happens after a failed attempt."""

from taskmill.model.retry import (
    Retry,
)

__all__ = [
    "Retry",
]
