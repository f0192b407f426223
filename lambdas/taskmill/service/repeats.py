"""Tells a repeated submit from a conflicting one, by the task's code or idempotency key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from taskmill.aws.s3.payloads import PayloadStore
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask
from taskmill.model.clock import to_ms
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.submit_options import EVENTS, start_of
from taskmill.model.time_bounds import seconds_of
from taskmill.service.same_inputs import same_input

# What is compared: the field of a row, and that of a request. Defaults are resolved in rows, so it
# makes no difference whether a request writes them out.
_COMPARED: Mapping[str, str] = {
    "name": "name",
    "batch_size": "batchSize",
    "max_concurrency": "maxConcurrency",
    "notify": "notify",
    "priority": "priority",
}
_LIMITS = ("expiresSeconds", "deadlineSeconds")
# What may differ when a request is repeated, and what is not there with an idempotency key.
_NOT_COMPARED = {"name", "code", "input_ref", "log_ids", "unique", "debounce"}


def difference(
    payloads: PayloadStore,
    task: CreateTask | CreateStepFunctionTask,
    row: TaskRow,
    stored: TaskRow,
) -> str | None:
    """The field in which a submit differs from a stored task; None: it asks for the same.

    The order and the spelling of JSON make no difference.

    Args:
        row: The row that the submit would store.
        stored: The row that is stored.
    """
    if (row.key.kind, row.key.type) != (stored.key.kind, stored.key.type):
        return "taskType"
    if (field := _differing(row, stored)) is not None:
        return field
    if set(row.callbacks) != set(stored.callbacks):
        ((event, _), *_) = sorted(set(row.callbacks) ^ set(stored.callbacks))
        return f"on{event.title()}"
    if isinstance(task, CreateTask) and start_of(task, stored.created_at or 0) != stored.run_at:
        return "runAt" if task.run_at else "delaySeconds"
    return None if same_input(payloads, row, stored) else "input"


def _differing(row: TaskRow, stored: TaskRow) -> str | None:
    """The first of the plain options in which two rows differ."""
    for name, field in _COMPARED.items():
        if getattr(row, name) != getattr(stored, name):
            return field
    if _tolerated(row) != _tolerated(stored):
        return "toleratedFailures"
    limits = zip(_LIMITS, seconds_of(row), seconds_of(stored), strict=True)
    return next((name for name, mine, stands in limits if mine != stands), None)


def request_digest(payloads: PayloadStore, task: CreateTask | CreateStepFunctionTask) -> str:
    """A digest of a request with an idempotency key. Equal digests: the same request.

    Unequal ones do not tell: the same request can be written in several ways, and an upload has
    another ETag each time where the bucket encrypts with KMS. See `difference`.
    """
    asked = task.model_dump(mode="json", exclude=_NOT_COMPARED)
    for name in ("expires_seconds", "deadline_seconds"):
        if asked[name] is None:  # as in digests of versions that did not know it
            del asked[name]
    for event in EVENTS.values():
        asked[event] = sorted(set(asked[event]))
    if isinstance(task, CreateTask) and task.run_at:
        asked["run_at"] = to_ms(task.run_at)  # the same moment in any time zone
    ref = task.input_ref if isinstance(task, CreateStepFunctionTask) else None
    asked["content"] = payloads.uploaded(ref) if ref else None
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _tolerated(row: TaskRow) -> tuple[float, bool]:
    """The tolerated failures as a number, and whether it is a share: "0", "0%" and None agree."""
    text = row.tolerated_failures or "0"
    number = float(text.removesuffix("%"))
    return number, number > 0 and text.endswith("%")
