"""The index of failed rows: a tenant's are spread over eight keys, as one takes 1,000 writes/s."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.table import Table
from taskmill.model.cursors import foreign_cursor, place_of
from taskmill.model.keys import StoredKey, attention_keys

FAILURES = "of failures"


@dataclass(frozen=True, slots=True)
class FailedEntry:
    """An entry of the index: a row that is stored as FAILED.

    Attributes:
        updated_at: Epoch ms.
        shard: The place of its key among the `attention_keys` of its tenant.
        name, fingerprint, error_text: As in the row; None where it has none.
    """

    updated_at: int
    shard: int
    key: StoredKey
    name: str | None = None
    fingerprint: str | None = None
    error_text: str | None = None

    @property
    def place(self) -> list[Any]:
        """Its place in the list, for `cursor_of`."""
        return [self.updated_at, self.shard, *self.key]

    @classmethod
    def at(cls, cursor: str) -> Self:
        """The entry after which a list goes on.

        Raises:
            InvalidRequest: The cursor is of another list.
        """
        match place_of(cursor, FAILURES):
            case [int(at), int(shard), str(pk), str(sk)] if at >= 0 and shard >= 0:
                return cls(at, shard, StoredKey(pk, sk))
        raise foreign_cursor(FAILURES)


def failed_entries(
    table: Table, tenant: str, *, page: int, after: FailedEntry | None = None
) -> Iterator[FailedEntry]:
    """A tenant's failed rows, newest first; eventually consistent; queries pages lazily.

    Args:
        page: Entries read at a time of each of the keys.
        after: Begin after this one.
    """
    found = (
        _of_key(table, key, shard, page, after) for shard, key in enumerate(attention_keys(tenant))
    )
    # Of two of the same time, the one with the lower shard comes first: merging is stable.
    return heapq.merge(*found, key=lambda each: each.updated_at, reverse=True)


def failed_rows(table: Table, tenant: str, *, limit: int) -> Iterator[StoredKey]:
    """Keys of a tenant's failed rows, newest first, at most `limit`; eventually consistent."""
    entries = failed_entries(table, tenant, page=limit)
    return (each.key for each in itertools.islice(entries, limit))


def oldest_failed(
    table: Table, key: str, *, until: int, page: int, after: FailedEntry | None = None
) -> Iterator[FailedEntry]:
    """The failed rows of one of a tenant's `attention_keys`, oldest first.

    Args:
        until: Epoch ms: only what was last changed by then.
        page: Entries read at a time.
        after: Begin after this one.
    """
    request = _request(key, page, until=until)
    if after is not None:
        request["ExclusiveStartKey"] = _start(key, after)
    return _entries(table, request, 0)


def _of_key(
    table: Table, key: str, shard: int, page: int, after: FailedEntry | None
) -> Iterator[FailedEntry]:
    if after is None:
        request = _request(key, page)
    elif shard == after.shard:
        request = {**_request(key, page), "ExclusiveStartKey": _start(key, after)}
    else:
        request = _request(key, page, until=after.updated_at - (shard < after.shard))
    return _entries(table, {**request, "ScanIndexForward": False}, shard)


def _request(key: str, page: int, *, until: int | None = None) -> dict[str, Any]:
    """A query of one key of the index, oldest first."""
    condition, values = "attention = :key", {":key": encode(key)}
    if until is not None:
        condition += " AND updatedAt <= :until"
        values[":until"] = encode(until)
    return {
        "IndexName": "attention",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "Limit": page,
    }


def _start(key: str, after: FailedEntry) -> Mapping[str, Any]:
    start = {**after.key._asdict(), "attention": key, "updatedAt": after.updated_at}
    return encode_item(start)


def _entries(table: Table, request: Mapping[str, Any], shard: int) -> Iterator[FailedEntry]:
    for values in table.query(**request):
        yield FailedEntry(
            int(values["updatedAt"]),
            shard,
            StoredKey(values["pk"], values["sk"]),
            *(_text(values, name) for name in ("name", "fingerprint", "errorText")),
        )


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None
