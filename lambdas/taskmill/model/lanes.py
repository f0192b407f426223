"""Lanes: which work queue a task's messages go to."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from taskmill.model.rows.task_row import TaskRow

URGENT = frozenset({"high", "urgent"})
PRIORITIES = ("low", "normal", "high", "urgent")

T = TypeVar("T")


class Lane(str):
    """The name of a work queue: one of the three that a stack may have anyway, or a pool's."""

    __slots__ = ()

    NORMAL: ClassVar[Lane]
    PRIORITY: ClassVar[Lane]
    CONTAINER: ClassVar[Lane]


Lane.NORMAL = Lane("normal")  # of most tasks
Lane.PRIORITY = Lane("priority")  # of urgent ones
Lane.CONTAINER = Lane("container")  # of those that run in containers

IN_ORDER = (Lane.PRIORITY, Lane.NORMAL, Lane.CONTAINER)  # in which a consumer polls the queues


def lane_of(row: TaskRow) -> Lane:
    if row.pool is not None:
        return Lane(row.pool)
    if row.runner == "container":
        return Lane.CONTAINER
    return Lane.PRIORITY if row.priority in URGENT else Lane.NORMAL


class ByLane(dict[Lane, T]):
    """Something of each lane's queue. What has no queue of its own uses the normal lane's.

    So a task goes on whose pool was removed from the stack after it was submitted.
    """

    def __missing__(self, lane: Lane) -> T:
        return self[Lane.NORMAL]

    def __contains__(self, lane: object) -> bool:
        return isinstance(lane, Lane)
