"""Lists of a tenant's tasks: eight partitions read side by side, merged by key."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import Kind, shard_partitions
from taskmill.model.rows.task_row import TaskRow


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What to list: an optional condition on `sk`, where to go on, which way."""

    kind: Kind
    tenant: str
    after: str | None = None
    descending: bool = True
    condition: str | None = None  # on sk, as DynamoDB writes it
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    page: int = 50


def list_rows(table: Table, listing: Listing) -> Iterator[TaskRow]:
    """The tenant's tasks in the order of their `sk`, read as far as they are taken."""
    partitions = (
        _partition(table, listing, pk) for pk in shard_partitions(listing.kind, listing.tenant)
    )
    merged = heapq.merge(*partitions, key=lambda row: row.key.sk, reverse=listing.descending)
    return iter(merged)


def _partition(table: Table, listing: Listing, pk: str) -> Iterator[TaskRow]:
    condition = f"pk = :pk AND {listing.condition}" if listing.condition else "pk = :pk"
    request: dict[str, Any] = {
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": encode_item({**listing.values, ":pk": pk}),
        "ScanIndexForward": not listing.descending,
        "Limit": max(listing.page // 4, 10),
    }
    if listing.names:
        request["ExpressionAttributeNames"] = dict(listing.names)
    if listing.after is not None:
        request["ExclusiveStartKey"] = encode_item({"pk": pk, "sk": listing.after})
    for values in table.query(**request):
        yield TaskRow.from_values(values)
