"""Public names: the statuses of a task, and the allowed changes between them."""

from taskmill.model.statuses import (
    COUNT_NAMES,
    COUNTED,
    FINAL,
    MOVES,
    RETRYABLE,
    RUNNING,
    Status,
    may_move,
    sources,
)

__all__ = [
    "COUNTED",
    "COUNT_NAMES",
    "FINAL",
    "MOVES",
    "RETRYABLE",
    "RUNNING",
    "Status",
    "may_move",
    "sources",
]
