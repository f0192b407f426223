"""Queries of the table in memory: of its own keys, or of an index with what it projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.testing.expressions import Scope, holds
from taskmill.testing.sizes import consumption, item_size, read_units
from taskmill.testing.typed_values import Item, plain

PAGE_BYTES = 1 << 20  # DynamoDB's limit for one page of a query


@dataclass(frozen=True, kw_only=True)
class QueriedKeys:
    """The keys of a table or of one of its indexes.

    Attributes:
        partition: Name of the partition key.
        sort: Name of the sort key.
        shown: Names of the attributes that are stored in it; None: all.
    """

    partition: str
    sort: str
    shown: frozenset[str] | None = None

    @classmethod
    def of(cls, schema: Mapping[str, Any], index: str | None) -> Self:
        """Those of the index with this name; None: of the table."""
        if index is None:
            return cls(partition="pk", sort="sk")
        (found,) = [e for e in schema["GlobalSecondaryIndexes"] if e["IndexName"] == index]
        partition, sort = (each["AttributeName"] for each in found["KeySchema"])
        more = found["Projection"].get("NonKeyAttributes", [])
        return cls(partition=partition, sort=sort, shown=frozenset({partition, sort, *_OWN, *more}))

    def holds(self, item: Item) -> bool:
        return self.partition in item and self.sort in item

    def place(self, item: Item) -> tuple[Any, str, str]:
        """The place of an item within its partition; in an index, equal sort keys are possible."""
        return plain(item[self.sort]), item["pk"]["S"], item["sk"]["S"]

    def projected(self, item: Item) -> Item:
        if self.shown is None:
            return item
        return {name: value for name, value in item.items() if name in self.shown}

    def last(self, item: Item) -> Item:
        return {name: item[name] for name in dict.fromkeys((*_OWN, self.partition, self.sort))}


_OWN = ("pk", "sk")


def queried(
    keys: QueriedKeys, items: Iterable[Item], condition: str, request: Mapping[str, Any]
) -> dict[str, Any]:
    """One page of a query: at most 1 MB, and `Limit` items; the filter leaves out some of them.

    Args:
        items: Those of the partition in the order of the query, from where it begins.
    """
    names = request.get("ExpressionAttributeNames", {})
    values = request.get("ExpressionAttributeValues", {})
    found = (each for each in items if holds(condition, Scope(each, names, values)))
    taken, size, more = _taken(keys, found, request.get("Limit"))
    page: dict[str, Any] = consumption(lambda: read_units(size, request), request)
    if more:
        page["LastEvaluatedKey"] = keys.last(taken[-1])
    wanted = request.get("FilterExpression")
    shown = [each for each in taken if not wanted or holds(wanted, Scope(each, names, values))]
    page |= {"Count": len(shown), "ScannedCount": len(taken)}
    return page if request.get("Select") == "COUNT" else {**page, "Items": shown}


def _taken(
    keys: QueriedKeys, items: Iterable[Item], limit: int | None
) -> tuple[list[Item], int, bool]:
    """The items of a page, their bytes, and whether there may be more."""
    taken: list[Item] = []
    size = 0
    for item in items:
        if size >= PAGE_BYTES:
            return taken, size, True
        taken.append(keys.projected(item))
        size += item_size(taken[-1])
        if len(taken) == limit:
            return taken, size, True
    return taken, size, False
