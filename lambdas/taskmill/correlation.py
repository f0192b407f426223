"""What ties the log lines of a task to those of the caller, the parent and the callbacks."""

from __future__ import annotations

from taskmill.rows import TaskRow


def correlation(row: TaskRow) -> dict[str, str]:
    """The log ids, the user and the request that first caused the task; absent ones left out."""
    known = {"user": row.created_by, "request_id": row.request_id}
    return {**(row.log_ids or {}), **{name: each for name, each in known.items() if each}}
