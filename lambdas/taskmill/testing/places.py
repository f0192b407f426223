"""Where the items of the table in memory stand: those of each partition in order, of each index."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Self

from taskmill.testing.queries import QueriedKeys
from taskmill.testing.typed_values import Item, plain

Place = tuple[Any, str, str]
_PARTITION = re.compile(r"\s*#?\w+ = (:\w+)")


class Places:
    """The order of the items, by which a query finds its page without looking at all of them."""

    def __init__(self, keys: Mapping[str | None, QueriedKeys]) -> None:
        self.keys = keys
        self._found: dict[tuple[str | None, Any], list[Place]] = defaultdict(list)

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> Self:
        """Those of a table and its indexes."""
        indexes = [each["IndexName"] for each in schema.get("GlobalSecondaryIndexes", ())]
        return cls({name: QueriedKeys.of(schema, name) for name in (None, *indexes)})

    def move(self, old: Item | None, new: Item | None) -> None:
        """Note that an item has become another one with the same keys, or has gone or come."""
        for name, keys in self.keys.items():
            before, after = _place(keys, old), _place(keys, new)
            if before == after:
                continue
            if before is not None:
                places = self._found[name, before[0]]
                del places[bisect_left(places, before[1])]
            if after is not None:
                insort(self._found[name, after[0]], after[1])

    def clear(self) -> None:
        self._found.clear()

    def queried(
        self, index: str | None, condition: str, request: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        """The keys of a queried partition, in the order of the query, from where it begins."""
        match = _PARTITION.match(condition)
        if match is None:
            raise ValueError(f"{condition!r} does not begin with the partition key")
        partition = plain(request["ExpressionAttributeValues"][match[1]])
        places = self._found.get((index, partition), [])
        start = request.get("ExclusiveStartKey")
        if request.get("ScanIndexForward", True):
            first = 0 if start is None else bisect_right(places, self.keys[index].place(start))
            numbers = range(first, len(places))
        else:
            end = len(places)
            if start is not None:
                end = bisect_left(places, self.keys[index].place(start))
            numbers = range(end - 1, -1, -1)
        return (places[number][1:] for number in numbers)


def _place(keys: QueriedKeys, item: Item | None) -> tuple[Any, Place] | None:
    """The partition and the place of an item; None: it has none there."""
    if item is None or not keys.holds(item):
        return None
    return plain(item[keys.partition]), keys.place(item)
