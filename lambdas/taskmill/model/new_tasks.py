"""Rows of newly submitted tasks, still without input, and the validation of their options."""

from __future__ import annotations

from taskmill.model import batch_plan
from taskmill.model.api.requests import (
    CreateStepFunctionTask,
    CreateTask,
    InvokeContext,
    TaskOptions,
)
from taskmill.model.clock import ttl_seconds
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.new_codes import new_code
from taskmill.model.rows.task_row import DEFAULT_NOTIFY, TaskRow
from taskmill.model.statuses import COUNT_NAMES, Status
from taskmill.model.submit_options import (
    all_callbacks,
    all_log_ids,
    check_start,
    key_of,
    start_of,
    stored_priority,
)
from taskmill.model.subtask_layout import ON_DEMAND
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounds

NO_SETTINGS = TaskSettings()


def task_row(
    task: CreateTask,
    context: InvokeContext,
    *,
    now: int,
    code: str | None = None,
    settings: TaskSettings = NO_SETTINGS,
) -> TaskRow:
    """The row of a single task, still without its input.

    Args:
        code: Used if `task` names none; a ULID by default.
        settings: Of its task type.

    Raises:
        InvalidRequest: Options contradict each other, or one is out of range.
    """
    check_start(task, now)
    key = TaskKey(Kind.TASK, task.tenant_code, task.task_type, task.code or code or new_code())
    start = start_of(task, now)
    row = _row(key, task, context, settings, now)
    limits = bounds(task, settings, since=start or now)
    on_conflict = task.unique.on_conflict if task.unique else None
    return row.but(run_at=start, unique=key_of(task), on_conflict=on_conflict, **limits)


def fan_out_row(
    task: CreateStepFunctionTask,
    context: InvokeContext,
    *,
    now: int,
    code: str | None = None,
    settings: TaskSettings = NO_SETTINGS,
) -> TaskRow:
    """The row of a step function task, still without input and batches; `planned` adds the latter.

    Args:
        code: Used if `task` names none; a ULID by default.
        settings: Of its task type.

    Raises:
        InvalidRequest: Neither or both inputs are given, or options contradict each other.
    """
    key = TaskKey(Kind.SFN_TASK, task.tenant_code, task.task_type, task.code or code or new_code())
    row = _row(key, task, context, settings, now).but(**bounds(task, settings, since=now))
    if settings.runner is not None:
        raise InvalidRequest(
            f"tasks of type {task.task_type!r} run in containers; subtasks run on Lambda",
            field="taskType",
        )
    if (task.input is None) == (task.input_ref is None):
        raise InvalidRequest("give either input (an array) or inputRef", field="input")
    return row


def planned(
    row: TaskRow, task: CreateStepFunctionTask, *, count: int, now: int, retention_days: int
) -> TaskRow:
    """The row with its `count` subtasks split into batches; with none, it is COMPLETED at once.

    Raises:
        InvalidRequest: An option is out of range.
        LimitExceeded: There are too many subtasks.
    """
    batch_plan.check_count(count)
    tolerated = task.tolerated_failures
    if count == 0:  # nothing to run
        row = row.but(
            status=Status.COMPLETED,
            attributes={"counts": _no_counts()},
            started_at=now,
            finished_at=now,
            ttl=ttl_seconds(now, retention_days),
        )
    return row.but(
        rows=ON_DEMAND,
        child_count=count,
        batch_size=batch_plan.batch_size_for(count, task.batch_size),
        max_concurrency=task.max_concurrency,
        notify=task.notify or batch_plan.default_notify(count),
        tolerated_failures=None
        if tolerated is None
        else batch_plan.check_tolerance(str(tolerated)),
    )


def _row(
    key: TaskKey, task: TaskOptions, context: InvokeContext, settings: TaskSettings, now: int
) -> TaskRow:
    return TaskRow(
        key=key,
        status=Status.CREATED,
        name=task.name or task.task_type,
        notify=task.notify or DEFAULT_NOTIFY,
        callbacks=all_callbacks(task, settings),
        runner=settings.runner,
        pool=settings.pool,
        priority=stored_priority(task, settings),
        log_ids=all_log_ids(task, context),
        created_at=now,
        updated_at=now,
        created_by=context.user,
        created_ip=context.source_ip,
        request_id=context.request_id,
        history=((Status.CREATED, now, 0),),
    )


def _no_counts() -> dict[str, int]:
    return {"total": 0, **dict.fromkeys(COUNT_NAMES, 0)}
