"""Lists a tenant's tasks: queries its eight partitions and merges the rows by `sk`."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import Kind, shard_partitions
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The arguments of a list: tenant, kind, condition on `sk`, position, order.

    Attributes:
        after: The `sk` to continue after.
        values: Of the condition's placeholders.
        names: Of the condition's placeholders.
        ranges: First and last `sk`, both inclusive, of what is listed, in place of a condition; in
            the order of the list.
        page: Rows that the caller expects to take.
    """

    kind: Kind
    tenant: str
    after: str | None = None
    descending: bool = True
    condition: str | None = None  # on sk, a DynamoDB key condition
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    ranges: Sequence[tuple[str, str]] | None = None
    page: int = 50


Listed = tuple[str, TaskRow | UnreadableRow]
"""The `sk` of a row, by which lists are ordered and continued, and the row."""


def list_rows(table: Table, listing: Listing) -> Iterator[Listed]:
    """Yield the tenant's tasks in the order of their `sk`; queries pages lazily."""
    if listing.ranges is None:
        return _merged(table, listing)
    parts = [
        replace(
            listing,
            condition="sk BETWEEN :first AND :last",
            values={":first": first, ":last": last},
            after=None,
            ranges=None,
        )
        for first, last in listing.ranges
    ]
    # Each range is read when those before it are: a page seldom needs more than one. The end of one
    # may be the beginning of the next, or the place to continue after, so that its row comes again.
    rows = itertools.chain.from_iterable(_merged(table, part) for part in parts)
    by_sk = itertools.groupby(rows, key=lambda row: row[0])
    return (next(same) for sk, same in by_sk if sk != listing.after)


def _merged(table: Table, listing: Listing) -> Iterator[Listed]:
    partitions = (
        _partition(table, listing, pk) for pk in shard_partitions(listing.kind, listing.tenant)
    )
    merged = heapq.merge(*partitions, key=lambda row: row[0], reverse=listing.descending)
    return iter(merged)


def _partition(table: Table, listing: Listing, pk: str) -> Iterator[Listed]:
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
        yield values["sk"], TaskRow.shown(values)
