"""Callbacks: which task types to submit when a task has ended, and the input of those tasks.

Works without pydantic, whose import would slow down every cold start of the dispatcher.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from taskmill.model.callback_budget import left_at_end, shares_of_callbacks
from taskmill.model.clock import to_datetime
from taskmill.model.derived_codes import derived_code
from taskmill.model.lineage import descendant
from taskmill.model.rows.task_row import TABLE_NAMES, TaskRow, plain_attributes
from taskmill.model.statuses import Status
from taskmill.model.task_settings import Callback, TaskSettings

_EVENTS: Mapping[Status, frozenset[str]] = {
    Status.COMPLETED: frozenset({"success", "completion"}),
    Status.FAILED: frozenset({"failure", "completion"}),
    Status.CANCELLED: frozenset({"completion"}),
}
_TIMES = ("run_at", "expires_at", "deadline_at", "created_at", "started_at", "finished_at")
_COPIED = (
    "name",
    "input_ref",
    "attempts",
    "max_attempts",
    "run",
    "created_by",
    "created_ip",
    "request_id",
    "parent",
    "root",
    "depth",
    "child_count",
    "children_completed",
    "children_failed",
    "children_cancelled",
    "schedule",
    "log_ids",
    "runner",
    "pool",
    "priority",
    "batch_size",
    "max_concurrency",
    "tolerated_failures",
    "notify",
)


def targets_of(row: TaskRow, mappings: Iterable[Callback]) -> tuple[str, ...]:
    """The task types to submit because this task has ended, each once.

    Args:
        row: The ended task; its own callbacks are in it.
        mappings: The callback mappings stored for its type.
    """
    events = _EVENTS[row.status]
    wanted = (*row.callbacks, *mappings)
    return tuple(dict.fromkeys(target for event, target in wanted if event in events))


def submitted_at(row: TaskRow) -> int:
    """When this run of a task was submitted, or started again by an explicit retry; epoch ms."""
    starts: list[int] = [at for status, at, *_ in row.history if status == Status.CREATED]
    return max([row.created_at or 0, *starts])


def callback_rows(
    source: TaskRow,
    targets: Sequence[str],
    *,
    settings: Callable[[str], TaskSettings],
    now: int,
    per_root: int,
) -> list[TaskRow]:
    """The rows of a task's callbacks, still without input. The same arguments give the same rows.

    Those of the first `targets` only, if the callback budget does not suffice. The source does not
    wait for its callbacks and does not count them as children.

    Args:
        settings: Returns the settings of a task type.
        per_root: How many callbacks one submitted task may cause in all.

    Raises:
        TooDeep: They would be the 33rd task in a chain.
    """
    left = left_at_end(source, per_root=per_root)
    shares = shares_of_callbacks(left, len(targets))
    return [
        descendant(
            source,
            target,
            derived_code(str(source.key), source.run, target),
            settings=settings(target),
            now=now,
            budget=share,
        ).but(by_callback=True)
        for target, share in zip(targets, shares, strict=False)
    ]


def snapshot(row: TaskRow) -> dict[str, Any]:
    """A task as the API returns it, without its history, absent values and internal fields.

    Contains input and result if they are stored in the row, else the references to them.
    """
    key = row.key
    same = {name: getattr(row, name) for name in _COPIED}
    moments = {name: _moment(getattr(row, name)) for name in _TIMES}
    known = {TABLE_NAMES[name]: value for name, value in (same | moments).items()}
    return {
        **key.as_dict(),
        "kind": row.kind,
        "tenantCode": key.tenant,
        "type": key.type,
        "code": key.code,
        "status": str(row.status),
        **({"input": json.loads(row.input)} if row.input is not None else {}),
        "attributes": plain_attributes(row.attributes),
        **{name: value for name, value in known.items() if value is not None},
    }


def _moment(milliseconds: int | None) -> str | None:
    moment = to_datetime(milliseconds)
    return moment.isoformat().replace("+00:00", "Z") if moment else None
