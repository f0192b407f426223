"""Cursors of lists whose place is more than a key: opaque text for URLs."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any

from taskmill.model.errors import InvalidRequest

CURSOR_LIMIT = 4_096  # characters
CURSOR_PATTERN = r"^[A-Za-z0-9_-]{1,4096}$"


def cursor_of(place: Sequence[Any]) -> str:
    """The text of a place in a list, a list of JSON values."""
    text = json.dumps(place, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str, what: str) -> list[Any]:
    """The place that a cursor names.

    Args:
        what: The list, for the error: "of failures".

    Raises:
        InvalidRequest: It is not a cursor that `cursor_of` made.
    """
    try:
        text = base64.urlsafe_b64decode(cursor[:CURSOR_LIMIT] + "=" * (-len(cursor) % 4))
        place = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        place = None
    if not isinstance(place, list):
        raise foreign_cursor(what)
    return place


def foreign_cursor(what: str) -> InvalidRequest:
    """The error for a cursor that is not of such a list."""
    return InvalidRequest(f"cursor: not of a list {what}", field="cursor")
