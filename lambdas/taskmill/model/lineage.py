"""Rows of tasks that other tasks caused: children and callbacks."""

from __future__ import annotations

from taskmill.model.errors import TooDeep
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import DEFAULT_NOTIFY, TaskRow
from taskmill.model.statuses import Status
from taskmill.model.task_settings import TaskSettings

MAX_DEPTH = 32  # tasks that one task causes, each by the one before


def descendant(
    source: TaskRow, task_type: str, code: str, *, settings: TaskSettings, now: int
) -> TaskRow:
    """The row of a task that `source` causes; its input is still missing.

    It knows where it comes from, and who and what caused the first of them all.

    Args:
        settings: What its type declares.

    Raises:
        TooDeep: It would be the 33rd in a chain.
    """
    depth = (source.depth or 0) + 1
    if depth > MAX_DEPTH:
        raise TooDeep(
            f"{source.key} is {depth - 1} tasks below {source.root}: it cannot start"
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
        runner=settings.runner,
        priority=settings.priority or source.priority,
        log_ids=source.log_ids,
        created_at=now,
        updated_at=now,
        created_by=source.created_by,
        created_ip=source.created_ip,
        request_id=source.request_id,
        history=((Status.CREATED, now, 0),),
    )
