"""The index of failed rows: a tenant's are spread over eight keys, as one takes 1,000 writes/s."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import StoredKey, attention_keys


def failed_rows(table: Table, tenant: str, *, limit: int) -> Iterator[StoredKey]:
    """Keys of a tenant's failed rows, newest first, at most `limit`; eventually consistent."""
    found = (
        table.query(
            IndexName="attention",
            KeyConditionExpression="attention = :key",
            ExpressionAttributeValues={":key": encode(key)},
            ScanIndexForward=False,
            Limit=limit,
        )
        for key in attention_keys(tenant)
    )
    merged = heapq.merge(*found, key=lambda each: int(each["updatedAt"]), reverse=True)
    for each in itertools.islice(merged, limit):
        yield StoredKey(each["pk"], each["sk"])
