"""The twelve statuses of a task, and the table of legal moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """The status of a task; `MOVES` lists the legal moves."""

    CREATED = "CREATED"
    SCHEDULED = "SCHEDULED"
    PARKED = "PARKED"
    QUEUED = "QUEUED"
    STARTED = "STARTED"
    PROCESSING = "PROCESSING"
    WAITING = "WAITING"
    FINISHED = "FINISHED"
    ERRORED = "ERRORED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


_unknown: dict[str, Status] = {}


def status_of(text: str) -> Status:
    """The status of this name. A name that is not known is of a newer version.

    It is shown as it is: an object of `Status` that equals no member and allows no move, so that
    rows of a newer version remain readable after a deployment was rolled back.
    """
    try:
        return Status(text)
    except ValueError:
        if text not in _unknown:
            status = str.__new__(Status, text)
            status._name_ = status._value_ = text
            _unknown[text] = status
        return _unknown[text]


def is_known(status: Status) -> bool:
    """Whether this version knows the status."""
    return status.value not in _unknown


UNBEGUN = frozenset({Status.CREATED, Status.SCHEDULED, Status.PARKED, Status.QUEUED})
"""Statuses of tasks that have not begun, or wait for slots to go on (`TaskRow.has_begun` tells)."""
FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
OPEN = tuple(status for status in Status if status not in FINAL)
COUNTED = {Status.COMPLETED: "completed", Status.FAILED: "failed", Status.CANCELLED: "cancelled"}
"""Final status of a subtask -> its name in the parent's `counts`."""
COUNT_NAMES = tuple(COUNTED.values())
RUNNING = frozenset({Status.STARTED, Status.PROCESSING})
RETRYABLE = frozenset({Status.FAILED, Status.CANCELLED})  # an explicit retry moves these to CREATED

_UNDER_WAY = {Status.STARTED, Status.PROCESSING, Status.WAITING, Status.FINISHED, Status.ERRORED}

# Statuses may be skipped: a worker may claim a task before the dispatcher has written QUEUED, a
# subtask ends without a claim of its own, and an external worker may report only the end.
# PARKED is entered and left by limits only (`aws/dynamodb/flow_control`), or by an end: what a
# limit holds back, nobody may start.
MOVES: Mapping[Status, frozenset[Status]] = {
    Status.CREATED: frozenset({Status.SCHEDULED, Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.SCHEDULED: frozenset({Status.QUEUED} | _UNDER_WAY | FINAL),
    Status.PARKED: FINAL - {Status.COMPLETED},
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
    return target in MOVES.get(source, ())


def sources(target: Status) -> tuple[Status, ...]:
    """The statuses from which a task may move to `target`, in a fixed order."""
    return tuple(status for status in Status if target in MOVES[status])
