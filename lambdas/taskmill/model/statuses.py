"""The eleven statuses and the one table of legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """Where a task stands; `MOVES` says where it may go."""

    CREATED = "CREATED"
    SCHEDULED = "SCHEDULED"
    QUEUED = "QUEUED"
    STARTED = "STARTED"
    PROCESSING = "PROCESSING"
    WAITING = "WAITING"
    FINISHED = "FINISHED"
    ERRORED = "ERRORED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
COUNTED = {Status.COMPLETED: "completed", Status.FAILED: "failed", Status.CANCELLED: "cancelled"}
"""Under which name a parent's counts hold the subtasks that ended so."""
COUNT_NAMES = tuple(COUNTED.values())
RUNNING = frozenset({Status.STARTED, Status.PROCESSING})
RETRYABLE = frozenset({Status.FAILED, Status.CANCELLED})  # an explicit retry moves these to CREATED

_UNDER_WAY = {Status.STARTED, Status.PROCESSING, Status.WAITING, Status.FINISHED, Status.ERRORED}

# Forward jumps are legal: marks race with work (a worker may claim before QUEUED is written, a
# subtask ends without a claim of its own), and an outside worker may report its end only.
MOVES: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.SCHEDULED, Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.SCHEDULED: frozenset({Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.QUEUED: frozenset(_UNDER_WAY | FINAL),
    Status.STARTED: frozenset(_UNDER_WAY | FINAL),
    Status.PROCESSING: frozenset(_UNDER_WAY | FINAL),
    Status.WAITING: frozenset({Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.ERRORED: frozenset({Status.SCHEDULED, Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.FINISHED: frozenset(FINAL),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def may_move(source: Status, target: Status) -> bool:
    """Whether an update may take a task from `source` to `target`."""
    return target in MOVES[source]


def sources(target: Status) -> tuple[Status, ...]:
    """The statuses that `target` may be entered from, in a fixed order."""
    return tuple(status for status in Status if target in MOVES[status])
