"""Task types that taskmill itself brings, and the prefix that keeps their names free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskmill.model.errors import InvalidRequest
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings

PREFIX = "taskmill."
BULK = "taskmill.bulk"


@dataclass(frozen=True, slots=True)
class BuiltInType:
    """The settings of a built-in type, which its decorator would have."""

    retry: Retry
    timeout_seconds: float
    settings: TaskSettings


BUILT_IN: Mapping[str, BuiltInType] = {
    # A turn of a bulk ends by itself after some 45 s; it is "high" so that a cancel of all that
    # wait does not wait behind them.
    BULK: BuiltInType(Retry(max_attempts=10), 120.0, TaskSettings(priority="high")),
}


def is_reserved(task_type: str) -> bool:
    """Whether only taskmill itself may have tasks of this type."""
    return task_type.startswith(PREFIX)


def check_free(task_type: str, *, field: str = "taskType") -> None:
    """Refuse the name of a built-in type.

    Raises:
        InvalidRequest: The type begins with `taskmill.`.
    """
    if is_reserved(task_type):
        raise InvalidRequest(reserved_message(task_type), field=field)


def reserved_message(task_type: str) -> str:
    """Why a type may not have this name."""
    return f"type {task_type!r} begins with {PREFIX!r}: such types are taskmill's own; rename it"
