"""Inputs of fan-outs: an array in the row, or JSON Lines in S3, written by us or uploaded."""

from __future__ import annotations

import re
from typing import Any

from taskmill.aws.s3.object_keys import input_key
from taskmill.aws.s3.payloads import TASK_INPUT_INLINE, PayloadStore, upload_prefix
from taskmill.model import new_tasks
from taskmill.model.api.requests import CreateStepFunctionTask, InvokeContext
from taskmill.model.batch_plan import check_count
from taskmill.model.errors import InvalidRequest
from taskmill.model.given_elements import check_element
from taskmill.model.json_text import dump_json, fits_row
from taskmill.model.keys import check_name
from taskmill.model.new_codes import new_code
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.task_settings import TaskSettings

_UPLOAD_NAME = re.compile(r"[0-9A-Z]{26}\.jsonl")


def fan_out_row(
    payloads: PayloadStore,
    task: CreateStepFunctionTask,
    context: InvokeContext,
    *,
    now: int,
    retention_days: int,
    code: str | None = None,
    settings: TaskSettings = new_tasks.NO_SETTINGS,
    hidden: bool = False,
) -> TaskRow:
    """The row of a step function task; stores a large input in S3.

    Args:
        code: Used if `task` names none; a ULID by default.
        settings: Of its task type.
        hidden: Elements may hold secrets: store them in S3, not in the row.

    Raises:
        InvalidRequest: Neither or both inputs are given, options contradict each other, or one
            is out of range.
        LimitExceeded: The input has too many elements, or is too large.
    """
    row = new_tasks.fan_out_row(task, context, now=now, code=code, settings=settings)
    count = _count(payloads, task)
    row = new_tasks.planned(row, task, count=count, now=now, retention_days=retention_days)
    return _with_elements(payloads, row, task, hidden=hidden)


def new_upload_key(tenant: str) -> str:
    return f"{upload_prefix(check_name('tenant', tenant))}{new_code()}.jsonl"


def _count(payloads: PayloadStore, task: CreateStepFunctionTask) -> int:
    """Number of elements of the input; streams through an upload, in constant memory."""
    if task.input is not None:
        return len(task.input)
    ref = task.input_ref or ""
    prefix = upload_prefix(task.tenant_code)
    if not ref.startswith(prefix) or not _UPLOAD_NAME.fullmatch(ref.removeprefix(prefix)):
        raise InvalidRequest("inputRef is not from an upload of this tenant", field="inputRef")
    payloads.uploaded(ref)
    count = 0
    for count, _ in enumerate(payloads.lines(ref), start=1):  # the last one counts
        check_count(count)  # at once: what lies behind the limit is not read
    return count


def _with_elements(
    payloads: PayloadStore, row: TaskRow, task: CreateStepFunctionTask, *, hidden: bool
) -> TaskRow:
    if task.input is None:
        payloads.keep(task.input_ref or "")  # before the row is put: it must not name what expires
        return row.but(input_ref=task.input_ref)
    whole = dump_json(task.input, field="input", around=1)
    if not hidden and fits_row(whole, limit=TASK_INPUT_INLINE):
        return row.but(input=whole)
    lines = "\n".join(_line(each, index) for index, each in enumerate(task.input))
    ref = payloads.put(input_key(row.key, lines, "jsonl"), lines, field="input")
    return row.but(input_ref=ref)


def _line(element: Any, index: int) -> str:
    text = dump_json(element, field=f"input[{index}]")
    check_element(len(text.encode()), index)
    return text
