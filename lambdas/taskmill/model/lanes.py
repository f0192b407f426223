"""Lanes: which work queue a task's messages go to."""

from __future__ import annotations

from enum import StrEnum

from taskmill.model.rows.task_row import TaskRow

URGENT = frozenset({"high", "urgent"})
PRIORITIES = ("low", "normal", "high", "urgent")


class Lane(StrEnum):
    """A work queue: for most tasks, for urgent ones, or for those that run in containers."""

    NORMAL = "normal"
    PRIORITY = "priority"
    CONTAINER = "container"


IN_ORDER = (Lane.PRIORITY, Lane.NORMAL, Lane.CONTAINER)  # in which a consumer polls the queues


def lane_of(row: TaskRow) -> Lane:
    if row.runner == "container":
        return Lane.CONTAINER
    return Lane.PRIORITY if row.priority in URGENT else Lane.NORMAL
