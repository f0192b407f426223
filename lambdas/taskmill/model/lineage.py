"""Rows of tasks that other tasks start: children and callbacks."""

from __future__ import annotations

from taskmill.model.errors import TooDeep
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import DEFAULT_NOTIFY, TaskRow
from taskmill.model.statuses import Status
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounds

MAX_DEPTH = 32  # levels below the first task


def descendant(
    source: TaskRow, task_type: str, code: str, *, settings: TaskSettings, now: int, budget: int
) -> TaskRow:
    """The row of a task that `source` starts, still without its input.

    It names its parent and root, and takes over the user, request id and log ids of `source`.

    Args:
        settings: Of the new task's type.
        budget: The new task's callback budget.

    Raises:
        TooDeep: It would be more than 32 levels below the first task.
    """
    depth = (source.depth or 0) + 1
    if depth > MAX_DEPTH:
        raise TooDeep(
            f"{source.key.label} is {depth - 1} tasks below {source.root}: it cannot start"
            f" {task_type!r}, a chain has at most {MAX_DEPTH}",
            field="depth",
            limit=MAX_DEPTH,
        )
    return TaskRow(
        key=TaskKey(Kind.TASK, source.key.tenant, task_type, code),
        status=Status.CREATED,
        name=task_type,
        parent=str(source.key),
        root=source.root or str(source.key),
        depth=depth,
        notify=DEFAULT_NOTIFY,
        callbacks=settings.callbacks,
        callback_budget=budget,
        by_callback=source.by_callback,
        runner=settings.runner,
        pool=settings.pool,
        priority=None if settings.pool else settings.priority or source.priority,
        log_ids=source.log_ids,
        created_at=now,
        updated_at=now,
        created_by=source.created_by,
        created_ip=source.created_ip,
        request_id=source.request_id,
        history=((Status.CREATED, now, 0),),
    ).but(**bounds(settings, since=now))
