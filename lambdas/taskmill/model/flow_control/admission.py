"""Whether a task has what its limits demand of it before an attempt may begin."""

from __future__ import annotations

from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status

LATE_MS = 1_000
"""A start by a rate limit is good for so long; who comes later takes units anew."""
HOLDING = frozenset({Status.QUEUED, *RUNNING})
"""Statuses in which a task keeps its slots; in any other it gives them back."""


def is_admitted(row: TaskRow, now: int) -> bool:
    """Whether an attempt may begin at this time (epoch ms), as far as limits are concerned."""
    if row.gates and row.slots is None:
        return False
    return not row.rates or (row.rate_at is not None and now - LATE_MS <= row.rate_at <= now)
