"""The size of DynamoDB items, and the write units that DynamoDB bills."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def item_size(item: Mapping[str, Any] | None) -> int:
    """Bytes of an item: attribute names and values, by DynamoDB's rules; 0 without an item."""
    total = 0
    for name, value in (item or {}).items():
        total += _length(name) + _size(value)
    return total


def write_units(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> int:
    """Write units of a change: one per KB of the item before or after, whichever is larger."""
    return math.ceil(max(item_size(old), item_size(new)) / 1024)


def _size(value: Mapping[str, Any]) -> int:
    """Bytes of a value. Plain loops: each write in memory has its size taken three times."""
    ((kind, content),) = value.items()
    if kind == "S":
        return _length(content)
    if kind == "N":
        return (len(content.lstrip("-").strip("0")) + 1) // 2 + 1
    total = 1
    if kind == "M":
        total = 3
        for name, each in content.items():
            total += 1 + _length(name) + _size(each)
    elif kind == "L":
        total = 3
        for each in content:
            total += 1 + _size(each)
    return total


def _length(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
