"""Timestamps as rows store them: integer milliseconds since 1970 (UTC)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], int]
"""Returns the current time in epoch ms; tests replace it by a virtual clock."""

DAY_SECONDS = 86_400


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def to_datetime(milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def ttl_seconds(now: int, retention_days: int) -> int | None:
    """The `ttl` of a row that ends `now` (epoch ms), in epoch seconds; None: it never expires."""
    return now // 1000 + retention_days * DAY_SECONDS if retention_days else None
