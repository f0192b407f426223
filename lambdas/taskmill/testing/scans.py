"""Scans of the table in memory: segments, pages, filters and projections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from taskmill.testing.expressions import Scope, holds
from taskmill.testing.sizes import item_size
from taskmill.testing.typed_values import Item

PAGE_BYTES = 1 << 20  # DynamoDB's limit for one page, before the filter


def scanned(items: Iterable[Item], request: Mapping[str, Any]) -> dict[str, Any]:
    """All items; or, for a request with a segment, its next page: cut first, then filtered."""
    if "Segment" not in request:
        return {"Items": list(items)}
    mine = sorted((item for item in items if _is_in_segment(item, request)), key=_keys)
    if start := request.get("ExclusiveStartKey"):
        mine = [item for item in mine if _keys(item) > _keys(start)]
    taken, size = 0, 0
    while taken < min(len(mine), request.get("Limit", len(mine))) and size < PAGE_BYTES:
        size += item_size(mine[taken])
        taken += 1
    page: dict[str, Any] = {
        "Items": [_shown(item, request) for item in mine[:taken] if _is_wanted(item, request)]
    }
    if taken < len(mine):
        page["LastEvaluatedKey"] = {name: mine[taken - 1][name] for name in ("pk", "sk")}
    return page


def _keys(item: Item) -> tuple[str, str]:
    return (item["pk"]["S"], item["sk"]["S"])


def _is_in_segment(item: Item, request: Mapping[str, Any]) -> bool:
    return bool(crc32(item["pk"]["S"].encode()) % request["TotalSegments"] == request["Segment"])


def _is_wanted(item: Item, request: Mapping[str, Any]) -> bool:
    names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
    return holds(request["FilterExpression"], Scope(item, names, values))


def _shown(item: Item, request: Mapping[str, Any]) -> Item:
    asked = request["ProjectionExpression"].split(", ")
    names = [request["ExpressionAttributeNames"][each] for each in asked]
    return {name: item[name] for name in names if name in item}
