"""Tells a repeated submit from a conflicting one, by the task's code or idempotency key."""

from __future__ import annotations

import hashlib
import json

from taskmill.aws.s3.payloads import PayloadStore, upload_prefix
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask
from taskmill.model.clock import to_ms
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.submit_options import EVENTS, start_of

_COMPARED = (
    "name",
    "input",
    "child_count",
    "batch_size",
    "max_concurrency",
    "tolerated_failures",
    "notify",
    "priority",
)
_NOT_COMPARED = {"name", "code", "input_ref", "log_ids"}  # may differ when a request is repeated


def same_request(
    payloads: PayloadStore,
    task: CreateTask | CreateStepFunctionTask,
    row: TaskRow,
    stored: TaskRow,
) -> bool:
    """Whether a submit asks for the same as the task that is stored under its code.

    Args:
        row: The row that the submit would store.
        stored: The row that is stored.
    """
    if any(getattr(row, name) != getattr(stored, name) for name in _COMPARED):
        return False
    if set(row.callbacks) != set(stored.callbacks):
        return False
    if isinstance(task, CreateTask) and start_of(task, stored.created_at or 0) != stored.run_at:
        return False
    if row.input_ref == stored.input_ref:
        return True
    mine, theirs = row.input_ref or "", stored.input_ref or ""  # two uploads of the same content?
    uploads = upload_prefix(row.key.tenant)
    if not (mine.startswith(uploads) and theirs.startswith(uploads)):
        return False
    return payloads.uploaded(mine) == payloads.uploaded(theirs)


def request_digest(payloads: PayloadStore, task: CreateTask | CreateStepFunctionTask) -> str:
    """A digest to compare requests that have the same idempotency key.

    An uploaded input counts by its content, not by its key in the bucket.
    """
    asked = task.model_dump(mode="json", exclude=_NOT_COMPARED)
    for event in EVENTS.values():
        asked[event] = sorted(set(asked[event]))
    if isinstance(task, CreateTask) and task.run_at:
        asked["run_at"] = to_ms(task.run_at)  # the same moment in any time zone
    ref = task.input_ref if isinstance(task, CreateStepFunctionTask) else None
    asked["content"] = payloads.uploaded(ref) if ref else None
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
