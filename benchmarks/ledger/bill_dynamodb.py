"""What DynamoDB bills for a call, from the request, the answer and the items it touched.

Computed from item sizes, by AWS's rules:

- a write costs a unit for every KB begun of the whole item, before or after, whichever is larger;
  at least one; a refused or futile one as well; in a transaction twice;
- an index is written when what it holds of the item changes: one unit to add, one to remove;
- a strongly consistent read costs a unit for every 4 KB begun, an eventual one half; a query by the
  sum of what it reads, a batch of gets item by item; nothing found is still one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from taskmill.testing.sizes import item_size, write_units

Item = Mapping[str, Any]
Look = Callable[[Item], Item | None]  # finds an item by its key, without a bill

_FIELD = re.compile(r"'(\w+)': \?")
_CONDITION = re.compile(r'"([\w.]+)"=\?')


def keys_written(operation: str, request: Mapping[str, Any]) -> list[Item]:
    """The key of every item that a call writes; none: it only reads."""
    if operation == "batch_execute_statement":
        return [_key_of_statement(each) for each in request["Statements"]]
    if operation == "transact_write_items":
        return [_key(next(iter(each.values()))) for each in request["TransactItems"]]
    if operation in ("put_item", "update_item", "delete_item"):
        return [_key(request)]
    return []


def units_written(
    operation: str, before: Sequence[Item | None], after: Sequence[Item | None]
) -> int:
    """Write units of a call on the table itself."""
    factor = 2 if operation == "transact_write_items" else 1
    pairs = zip(before, after, strict=True)
    return factor * sum(max(write_units(old, new), 1) for old, new in pairs)


def index_units(schema: Mapping[str, Any], old: Item | None, new: Item | None) -> int:
    """Write units of one item's change on the indexes, all of which hold keys only."""
    units = 0
    for index in schema["GlobalSecondaryIndexes"]:
        names = [each["AttributeName"] for each in index["KeySchema"]]
        before, after = _projected(old, names), _projected(new, names)
        if before != after:
            units += (before is not None) + (after is not None)
    return units


def units_read(
    operation: str, request: Mapping[str, Any], answer: Mapping[str, Any], schema: Mapping[str, Any]
) -> float:
    """Read units of a call; 0 for one that writes."""
    if operation == "get_item":
        return _units([item_size(answer.get("Item"))], request)
    if operation == "query":
        return _units([sum(_sizes(answer["Items"], request, schema))], request)
    if operation == "batch_get_item":
        (asked,) = request["RequestItems"].values()
        (found,) = answer["Responses"].values()
        missing = len(asked["Keys"]) - len(found)
        return _units([*map(item_size, found), *[0] * missing], asked)
    return 0


def _units(sizes: Iterable[int], request: Mapping[str, Any]) -> float:
    weight = 1 if request.get("ConsistentRead") else 0.5
    return weight * sum(max(math.ceil(size / 4096), 1) for size in sizes)


def _sizes(
    items: Iterable[Item], request: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[int]:
    names = _names_of(request.get("IndexName"), schema)
    for item in items:
        yield item_size({name: item[name] for name in names} if names else item)


def _names_of(index: str | None, schema: Mapping[str, Any]) -> list[str]:
    """What an index holds of an item; nothing: it is the table, which holds all."""
    for each in schema["GlobalSecondaryIndexes"]:
        if each["IndexName"] == index:
            return [*(part["AttributeName"] for part in each["KeySchema"]), "pk", "sk"]
    return []


def _projected(item: Item | None, names: Sequence[str]) -> list[Any] | None:
    if item is None or any(name not in item for name in names):
        return None
    return [item[name] for name in names]


def _key(holder: Mapping[str, Any]) -> Item:
    item = holder.get("Key") or holder["Item"]
    return {"pk": item["pk"], "sk": item["sk"]}


def _key_of_statement(statement: Mapping[str, Any]) -> Item:
    text, parameters = statement["Statement"], statement["Parameters"]
    if text.startswith("INSERT"):
        named = dict(zip(_FIELD.findall(text), parameters, strict=True))
    else:
        names = _CONDITION.findall(text.partition(" WHERE ")[2])
        named = dict(zip(names, parameters[-len(names) :], strict=True))
    return {"pk": named["pk"], "sk": named["sk"]}
