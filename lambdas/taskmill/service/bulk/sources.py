"""Where a bulk operation finds its tasks: the index of failures, the lists, or given keys.

Each source answers page by page, with a position behind each page from which any other process can
go on. What is met is met once: rows keep their places in the lists, and in the index of failures a
row that fails again moves behind the moment at which the bulk began.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from taskmill.aws.dynamodb.attention import FailedEntry, oldest_failed
from taskmill.aws.dynamodb.codec import decode_row, encode_item
from taskmill.aws.dynamodb.table import Table
from taskmill.model.built_in import PREFIX
from taskmill.model.bulk_filter import Matching
from taskmill.model.keys import Kind, StoredKey, TaskKey, attention_keys, shard_partitions
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow

Position = list[Any]
"""A part of the source, and the row in it behind which to go on; [] at the beginning."""
Found = tuple[list[TaskKey], Position | None]
"""Keys, and where to go on; None: there is no more."""


class Source(Protocol):
    """Finds keys of what a bulk operation may act on."""

    def page(self, position: Position, *, most: int, examined: int) -> Found:
        """The next keys, at most `most`; fewer if `examined` rows were looked at."""


@dataclass(frozen=True)
class GivenKeys:
    """The keys that the caller has given."""

    keys: Sequence[TaskKey]

    def page(self, position: Position, *, most: int, examined: int) -> Found:
        start = position[0] if position else 0
        stop = start + min(most, examined)
        return list(self.keys[start:stop]), [stop] if stop < len(self.keys) else None


@dataclass(frozen=True)
class _Queried:
    """Base: queries one partition after the other."""

    table: Table
    tenant: str
    matching: Matching

    def page(self, position: Position, *, most: int, examined: int) -> Found:
        part, after = position or (0, None)
        found: list[TaskKey] = []
        partitions, looked = self._partitions(), 0
        for number in range(part, len(partitions)):
            for last, key in self._keys(partitions[number], after, at_once=min(most, examined)):
                looked += 1
                if key is not None:
                    found.append(key)
                if len(found) == most or looked == examined:
                    return found, [number, last]
            after = None
        return found, None

    def _partitions(self) -> list[str]:
        raise NotImplementedError

    def _keys(
        self, partition: str, after: Any, *, at_once: int
    ) -> Iterator[tuple[list[Any], TaskKey | None]]:
        """The position of each row, and its key if the bulk may act on it."""
        raise NotImplementedError


class FailedKeys(_Queried):
    """What the index of failures has of before the bulk began, oldest first."""

    def _partitions(self) -> list[str]:
        return attention_keys(self.tenant)

    def _keys(
        self, partition: str, after: Any, *, at_once: int
    ) -> Iterator[tuple[list[Any], TaskKey | None]]:
        found = oldest_failed(
            self.table,
            partition,
            until=self.matching.begun,
            page=at_once,
            after=FailedEntry(after[0], 0, StoredKey(after[1], after[2])) if after else None,
        )
        for each in found:
            takes = self.matching.fingerprint in (None, each.fingerprint)
            key = TaskKey.known(each.key) if takes else None
            took = key if key is not None and self.matching.takes_key(key) else None
            yield [each.updated_at, *each.key], took


class ListedKeys(_Queried):
    """What the lists of tasks and step function tasks have, in the order of their keys."""

    def _partitions(self) -> list[str]:
        return [each for kind in Kind for each in shard_partitions(kind, self.tenant)]

    def _keys(
        self, partition: str, after: Any, *, at_once: int
    ) -> Iterator[tuple[list[Any], TaskKey | None]]:
        wanted: dict[str, Any] = {":pk": partition}
        condition = "pk = :pk"
        if self.matching.type is not None:
            condition += " AND begins_with(sk, :type)"
            wanted[":type"] = f"{self.matching.type}#"
        request: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": encode_item(wanted),
            "Limit": at_once,
        }
        if after:
            request["ExclusiveStartKey"] = encode_item({"pk": partition, "sk": after[0]})
        for values in self.table.query(**request):
            row = TaskRow.shown(values)
            takes = isinstance(row, TaskRow) and self.matching.takes(row)
            yield [values["sk"]], row.key if takes and isinstance(row, TaskRow) else None

    def counts(self, *, shown: Callable[[], bool]) -> Iterator[tuple[int, list[TaskKey]]]:
        """How many rows of each page match, which DynamoDB counts without sending them.

        Args:
            shown: Whether those of the next partition are to be named.
        """
        for partition in self._partitions():
            for condition, value in self._ranges():
                select = {"ProjectionExpression": "pk, sk"} if shown() else {"Select": "COUNT"}
                pages = self.table.pages(
                    KeyConditionExpression=f"pk = :pk AND {condition}",
                    **self._filter({"pk": partition, "sk": value}),
                    **select,
                )
                for page in pages:
                    rows = map(decode_row, page.get("Items", ()))
                    keys = (TaskKey.known(StoredKey(row["pk"], row["sk"])) for row in rows)
                    yield page["Count"], [key for key in keys if key is not None]

    def _ranges(self) -> list[tuple[str, str]]:
        """Conditions on the sort key: of one type, or of all but our own."""
        if self.matching.type is not None:
            return [("begins_with(sk, :sk)", f"{self.matching.type}#")]
        return [("sk < :sk", PREFIX), ("sk > :sk", PREFIX[:-1] + chr(ord(PREFIX[-1]) + 1))]

    def _filter(self, keys: Mapping[str, str]) -> dict[str, Any]:
        """As `Matching.takes` would say of rows that no bulk has met yet."""
        matching = self.matching
        statuses = {f"s{n}": str(each) for n, each in enumerate(sorted(matching.statuses))}
        last = matching.begun
        if matching.created_before is not None:
            last = min(last, matching.created_before - 1)
        times = {"after": matching.created_after or 0, "last": last}
        values = {f":{name}": value for name, value in {**keys, **statuses, **times}.items()}
        named = ", ".join(f":{name}" for name in statuses)
        return {
            "FilterExpression": f"#status IN ({named}) AND createdAt BETWEEN :after AND :last",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": encode_item(values),
        }


def matched_rows(
    keys: Sequence[TaskKey],
    matching: Matching,
    *,
    rows: Callable[[Sequence[TaskKey]], Mapping[TaskKey, TaskRow | UnreadableRow]],
) -> list[TaskRow]:
    """Those rows of these keys that the bulk matches now, in their order.

    Args:
        rows: Reads rows.
    """
    found = rows(keys)
    shown = (found.get(key) for key in keys)
    return [row for row in shown if isinstance(row, TaskRow) and matching.takes(row)]
