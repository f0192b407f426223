"""The size of DynamoDB items, and the write units that DynamoDB bills."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def item_size(item: Mapping[str, Any] | None) -> int:
    """Bytes of an item: attribute names and values, by DynamoDB's rules; 0 without an item."""
    return sum(len(name.encode()) + _size(value) for name, value in (item or {}).items())


def write_units(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> int:
    """Write units of a change: one per KB of the item before or after, whichever is larger."""
    return math.ceil(max(item_size(old), item_size(new)) / 1024)


def _size(value: Mapping[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").strip("0")) + 1) // 2 + 1
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in content)
    return 1
