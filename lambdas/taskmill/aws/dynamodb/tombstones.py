"""Tombstones: rows under a task's key which say that a message found no task there.

A task that starts at once is sent to its queue before its row is put (see `aws/starts.py`). If the
message finds no row for long, the worker drops it; but first it puts a tombstone under the key. So
a put that comes after all is refused, and stores the task in such a way that the stream sends
another message. To all readers and to every other write, a tombstone is no row. See
docs/decisions/0031.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.model.clock import DAY_SECONDS
from taskmill.model.keys import TaskKey

VOID_ROW = "VOID"
KEPT_SECONDS = 30 * DAY_SECONDS  # a put can be late by as much


def tombstone(key: TaskKey, *, message: str, now: int) -> dict[str, Any]:
    """The values of a tombstone.

    Args:
        message: Id of the message that is dropped, for people.
        now: Epoch ms.
    """
    ttl = now // 1000 + KEPT_SECONDS
    return {**key.stored._asdict(), "row": VOID_ROW, "message": message, "ttl": ttl}


def present(values: dict[str, Any]) -> dict[str, Any] | None:
    """The values of a row; None for those of a tombstone."""
    return None if is_void(values) else values


def is_void(values: Mapping[str, Any]) -> bool:
    return values.get("row") == VOID_ROW
