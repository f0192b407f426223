"""Rows that name the tenants: one each, written by the statistics."""

from __future__ import annotations

from collections.abc import Iterator

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.table import Table

PARTITION = "TENANTS"


def tenants_of(table: Table) -> Iterator[str]:
    """The tenants that have a row, by name."""
    found = table.query(
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": encode(PARTITION)},
    )
    return (str(each["sk"]) for each in found)
