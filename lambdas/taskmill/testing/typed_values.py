"""DynamoDB items with typed values (`{"S": "…"}`): read, copy with a change, compare, add."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Item = dict[str, Any]  # attribute -> typed value, as {"S": "…"}
Path = tuple[str, ...]


def get_path(item: Item, path: Path) -> Any:
    """The typed value at a document path; None if the path does not exist."""
    value: Any = item.get(path[0])
    for part in path[1:]:
        value = value.get("M", {}).get(part) if value else None
    return value


def set_path(item: Item, path: Path, value: Any) -> Item:
    """A copy of the item with `value` at `path`; None removes the attribute.

    Raises:
        ValueError: The map that should contain the value does not exist.
    """
    copy = dict(item)
    if len(path) > 1:
        if "M" not in copy.get(path[0], {}):
            raise ValueError(f"the document path {'.'.join(path)} is not in the item")
        copy[path[0]] = {"M": set_path(copy[path[0]]["M"], path[1:], value)}
    elif value is None:
        copy.pop(path[0], None)
    else:
        copy[path[0]] = value
    return copy


def plain(value: Any) -> Any:
    """A typed value in a form that compares as in DynamoDB: numbers become `Decimal`."""
    if value is None:
        return None
    kind, content = next(iter(value.items()))
    return (kind, Decimal(content)) if kind == "N" else (kind, content)


def size(value: Any) -> Any:
    """DynamoDB's `size`: members of a list or map, characters of a string; None without a value."""
    return None if value is None else {"N": str(len(next(iter(value.values()))))}


def added(one: Any, other: Any) -> dict[str, str]:
    """The sum of two typed numbers.

    Raises:
        ValueError: One of them is missing.
    """
    if one is None or other is None:
        raise ValueError("an operand of + is not in the item")
    return {"N": str(Decimal(one["N"]) + Decimal(other["N"]))}
