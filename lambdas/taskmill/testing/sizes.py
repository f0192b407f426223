"""The size of DynamoDB items, and the units that DynamoDB bills."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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


def read_units(size: int, request: Mapping[str, Any]) -> float:
    """Read units of so many bytes: one per 4 KB, at least one; half if eventually consistent."""
    return max(math.ceil(size / 4096), 1) * (1 if request.get("ConsistentRead") else 0.5)


def consumption(
    units: Callable[[], float], request: Mapping[str, Any], *, several: bool = False
) -> Any:
    """What an answer tells of a read's consumption, if the request asks for it.

    Args:
        units: Counts them; called only if they are told.
        several: As a batch does, whose answer has a list.
    """
    if request.get("ReturnConsumedCapacity") is None:
        return {}
    told = {"TableName": "tasks", "CapacityUnits": units()}
    return {"ConsumedCapacity": [told] if several else told}


def _size(value: Mapping[str, Any]) -> int:
    """Bytes of a value. Plain loops: each item that is written is measured."""
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
