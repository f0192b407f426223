"""Attributes of a row of the statistics that it can do without."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from taskmill.model.statistics.marks import is_outdated
from taskmill.model.statistics.names import HOUR_MS, MARK, OF_HOUR, WAITING

SHOWN_HOURS = 24
TOGETHER = 6  # removed together, as that is a write of its own
AT_ONCE = 50  # at the most: its expression has 4 KB; the others go with the next write


def outdated(row: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Attributes to remove, with their values: none if they are few, and not too many at once.

    Marks of shards that are gone, ages that no waiting task has, hours of a day ago.
    """
    found = {name: value for name, value in row.items() if _is_outdated(name, value, now)}
    return dict(islice(found.items(), AT_ONCE)) if len(found) >= TOGETHER else {}


def _is_outdated(name: str, value: Any, now: int) -> bool:
    if name.startswith(MARK):
        return is_outdated(value, now)
    if name.startswith(WAITING):
        return bool(value == 0)
    if name.startswith(OF_HOUR):
        return int(name.removeprefix(OF_HOUR)) <= now // HOUR_MS - SHOWN_HOURS
    return False
