"""Checks a submit and makes its row: what is refused is refused here, before anything is stored."""

from __future__ import annotations

import hashlib
import json
import re

from taskmill.clock import to_ms, ttl_seconds
from taskmill.errors import InvalidRequest
from taskmill.fanout import plan
from taskmill.ids import new_code
from taskmill.json_text import dump_json, fits_row
from taskmill.keys import Kind, TaskKey, check_name
from taskmill.models import CreateStepFunctionTask, CreateTask, InvokeContext, TaskOptions
from taskmill.options import (
    EVENTS,
    all_callbacks,
    all_log_ids,
    check_start,
    start_of,
    stored_priority,
)
from taskmill.payloads import TASK_INPUT_INLINE, PayloadStore, input_key, upload_prefix
from taskmill.rows import DEFAULT_NOTIFY, TaskRow
from taskmill.statuses import COUNT_NAMES, Status
from taskmill.task_settings import TaskSettings

_ASKED = (
    "name",
    "input",
    "child_count",
    "batch_size",
    "max_concurrency",
    "tolerated_failures",
    "notify",
    "priority",
)
_NOT_ASKED = {"name", "code", "input_ref", "log_ids"}  # what a request may repeat otherwise
_NONE = TaskSettings()
_UPLOAD_NAME = re.compile(r"[0-9A-Z]{26}\.jsonl")


def task_row(
    task: CreateTask,
    context: InvokeContext,
    *,
    now: int,
    code: str | None = None,
    settings: TaskSettings = _NONE,
) -> TaskRow:
    """The row of a single task, its input still missing.

    Args:
        code: Of a task that names none itself; a ULID when absent.
        settings: What its type declares.

    Raises:
        InvalidRequest: Options that contradict each other, or one out of range.
    """
    check_start(task, now)
    key = TaskKey(Kind.TASK, task.tenant_code, task.task_type, task.code or code or new_code())
    row = _row(key, task, context, settings, now)
    return row.but(run_at=start_of(task, now))


def fan_out_row(
    payloads: PayloadStore,
    task: CreateStepFunctionTask,
    context: InvokeContext,
    *,
    now: int,
    retention_days: int,
    code: str | None = None,
    settings: TaskSettings = _NONE,
) -> TaskRow:
    """The row of a step function task, its input stored.

    Args:
        code: Of a task that names none itself; a ULID when absent.
        settings: What its type declares.

    Raises:
        InvalidRequest: Neither or both inputs, options that contradict each other, or one out of
            range.
        LimitExceeded: Too many elements, or too large.
    """
    key = TaskKey(Kind.SFN_TASK, task.tenant_code, task.task_type, task.code or code or new_code())
    row = _row(key, task, context, settings, now)
    if settings.runner is not None:
        raise InvalidRequest(
            f"tasks of type {task.task_type!r} run in containers; subtasks run on Lambda",
            field="taskType",
        )
    if (task.input is None) == (task.input_ref is None):
        raise InvalidRequest("give either input, an array, or inputRef", field="input")
    count = _count(payloads, task)
    plan.check_count(count)
    tolerated = task.tolerated_failures
    if count == 0:  # nothing to run: it is complete as it is
        row = row.but(
            status=Status.COMPLETED,
            attributes={"counts": _no_counts()},
            started_at=now,
            finished_at=now,
            ttl=ttl_seconds(now, retention_days),
        )
    row = row.but(
        child_count=count,
        batch_size=plan.batch_size_for(count, task.batch_size),
        max_concurrency=task.max_concurrency,
        notify=task.notify or plan.default_notify(count),
        tolerated_failures=None if tolerated is None else plan.check_tolerance(str(tolerated)),
    )
    return _with_elements(payloads, row, task)


def same_request(
    payloads: PayloadStore,
    task: CreateTask | CreateStepFunctionTask,
    row: TaskRow,
    stored: TaskRow,
) -> bool:
    """Whether a submit, whose row this is, asks for just what is stored under its code."""
    if any(getattr(row, name) != getattr(stored, name) for name in _ASKED):
        return False
    if set(row.callbacks) != set(stored.callbacks):
        return False
    if isinstance(task, CreateTask) and start_of(task, stored.created_at or 0) != stored.run_at:
        return False
    if row.input_ref == stored.input_ref:
        return True
    mine, theirs = row.input_ref or "", stored.input_ref or ""  # sent again, uploaded again
    uploads = upload_prefix(row.key.tenant)
    if not (mine.startswith(uploads) and theirs.startswith(uploads)):
        return False
    return payloads.uploaded(mine) == payloads.uploaded(theirs)


def request_digest(payloads: PayloadStore, task: CreateTask | CreateStepFunctionTask) -> str:
    """Tells two requests under one idempotency key apart, by an upload's content, not its place."""
    asked = task.model_dump(mode="json", exclude=_NOT_ASKED)
    for event in EVENTS.values():
        asked[event] = sorted(set(asked[event]))
    if isinstance(task, CreateTask) and task.run_at:
        asked["run_at"] = to_ms(task.run_at)  # in whatever time zone it was given
    ref = task.input_ref if isinstance(task, CreateStepFunctionTask) else None
    asked["content"] = payloads.uploaded(ref) if ref else None
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def new_upload_key(tenant: str) -> str:
    return f"{upload_prefix(check_name('tenant', tenant))}{new_code()}.jsonl"


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
        priority=stored_priority(task, settings),
        log_ids=all_log_ids(task, context),
        created_at=now,
        updated_at=now,
        created_by=context.user,
        created_ip=context.source_ip,
        request_id=context.request_id,
        history=((Status.CREATED, now, 0),),
    )


def _count(payloads: PayloadStore, task: CreateStepFunctionTask) -> int:
    """Elements of the input; an upload is read through once, in constant memory."""
    if task.input is not None:
        return len(task.input)
    ref = task.input_ref or ""
    prefix = upload_prefix(task.tenant_code)
    if not ref.startswith(prefix) or not _UPLOAD_NAME.fullmatch(ref.removeprefix(prefix)):
        raise InvalidRequest("inputRef is not from an upload of this tenant", field="inputRef")
    payloads.uploaded(ref)
    return sum(1 for _ in payloads.lines(ref))


def _with_elements(payloads: PayloadStore, row: TaskRow, task: CreateStepFunctionTask) -> TaskRow:
    if task.input is None:
        return row.but(input_ref=task.input_ref)
    whole = dump_json(task.input, field="input")
    if fits_row(whole, limit=TASK_INPUT_INLINE):
        return row.but(input=whole)
    lines = "\n".join(dump_json(each, field="input") for each in task.input)
    ref = payloads.put(input_key(row.key, lines, "jsonl"), lines, field="input")
    return row.but(input_ref=ref)


def _no_counts() -> dict[str, int]:
    return {"total": 0, **dict.fromkeys(COUNT_NAMES, 0)}
