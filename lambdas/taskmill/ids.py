"""Codes for new tasks."""

from __future__ import annotations

from ulid import ULID


def new_code() -> str:
    """A ULID: 26 characters that sort by time."""
    return str(ULID())
