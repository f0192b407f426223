"""What ties the log lines of a task to those of the caller, the parent and the callbacks."""

from __future__ import annotations

import logging
from typing import Any

from taskmill.model.rows.task_row import TaskRow

# What log lines have anyway: Python's own attributes, those of Powertools, and ours.
RESERVED = frozenset(
    {
        *vars(logging.makeLogRecord({})),
        *("asctime", "exception", "exception_name", "exception_notes", "level", "location"),
        *("message", "sampling_rate", "service", "stack_trace", "timestamp", "xray_trace_id"),
        *("cold_start", "function_arn", "function_memory_size", "function_name"),
        *("function_request_id", "self", "key", "attempt", "user", "request_id"),
        *("extra", "stacklevel"),  # what Python's loggers take beside fields
    }
)


def correlation(row: TaskRow) -> dict[str, str]:
    """The log ids, the user and the request that first caused the task; absent ones left out."""
    known = {"user": row.created_by, "request_id": row.request_id}
    return {**(row.log_ids or {}), **{name: each for name, each in known.items() if each}}


def log_fields(row: TaskRow, **own: Any) -> dict[str, Any]:
    """Fields of a log line about an attempt: which, what caused it, and the line's own."""
    return {**correlation(row), "key": str(row.key), "attempt": row.attempts, **own}


def caused_as(row: TaskRow, parent: TaskRow) -> TaskRow:
    """A subtask with what tells who and what caused its parent; its own row does not repeat it."""
    return row.but(
        log_ids=parent.log_ids,
        created_by=parent.created_by,
        created_ip=parent.created_ip,
        request_id=parent.request_id,
    )
