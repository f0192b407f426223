"""What views show of rows that another version wrote, or that cannot be read at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

from taskmill.model.clock import to_datetime
from taskmill.model.errors import InvalidKey
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status, status_of

UNREADABLE = "UNREADABLE"  # shown as the status of a row that holds none


def _status_of(value: Any) -> Any:
    return status_of(value) if value and isinstance(value, str) else value


ShownStatus = Annotated[Status, BeforeValidator(_status_of)]
"""A status as stored: one that is not known is of a newer version, and shown all the same."""


def unreadable_task(values: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """The fields of `Task` for an unreadable row: key, status, times, and the reason."""
    status = values.get("status")
    return {
        **_shown_key(str(values.get("pk", "")), str(values.get("sk", ""))),
        "status": status if status and isinstance(status, str) else UNREADABLE,
        "unreadable": reason,
        "child_count": count if type(count := values.get("childCount")) is int else None,
        "created_at": shown_moment(values.get("createdAt")),
        "updated_at": shown_moment(values.get("updatedAt")),
    }


def shown_moment(value: Any) -> datetime | None:
    """A time in epoch ms; None if it is none."""
    try:
        return to_datetime(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _shown_key(pk: str, sk: str) -> dict[str, Any]:
    """The parts of a stored key; what is not in the form of a key is shown as it is stored."""
    try:
        key = TaskKey.from_stored(pk, sk)
    except (InvalidKey, ValueError):
        kind, tenant, *_ = [*pk.split("#"), ""]
        task_type, _, code = sk.partition("#")
        known = {"pk": pk, "sk": sk, "tenant_code": tenant, "type": task_type, "code": code}
        return {**known, "kind": kind if kind in Kind.__members__ else str(Kind.TASK)}
    kind = str(key.kind) if key.index is None else "SUBTASK"
    known = {"kind": kind, "tenant_code": key.tenant, "type": key.type, "code": key.code}
    return {**key.as_dict(), **known, "index": key.index}
