"""Correlation fields: tie a task's log lines to its caller, parent and callbacks."""

from __future__ import annotations

import logging
from typing import Any

from taskmill.model.rows.task_row import TaskRow

# Fields that log lines have already: those of Python's `logging`, Powertools and taskmill.
RESERVED = frozenset(
    {
        *vars(logging.makeLogRecord({})),
        *("asctime", "exception", "exception_name", "exception_notes", "level", "location"),
        *("message", "sampling_rate", "service", "stack_trace", "timestamp", "xray_trace_id"),
        *("cold_start", "function_arn", "function_memory_size", "function_name"),
        *("function_request_id", "self", "key", "attempt", "user", "request_id"),
        *("extra", "stacklevel"),  # keyword arguments of Python's log methods
    }
)


def correlation(row: TaskRow) -> dict[str, str]:
    """The task's log ids, and the user and request id of its original submit, if present."""
    known = {"user": row.created_by, "request_id": row.request_id}
    return {**(row.log_ids or {}), **{name: each for name, each in known.items() if each}}


def log_fields(row: TaskRow, **own: Any) -> dict[str, Any]:
    """Fields of a log line about an attempt: key, attempt, correlation fields, and `own`."""
    return {**correlation(row), "key": str(row.key), "attempt": row.attempts, **own}


def caused_as(row: TaskRow, parent: TaskRow) -> TaskRow:
    """A subtask with the correlation fields of its parent, which subtask rows do not store."""
    return row.but(
        log_ids=parent.log_ids,
        created_by=parent.created_by,
        created_ip=parent.created_ip,
        request_id=parent.request_id,
    )
