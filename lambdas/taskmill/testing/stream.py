"""The table's stream, read from moto."""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb import dynamodb_backends

from taskmill.testing.clients import Meter

DELIVERED = frozenset({"TASK", "SFN_TASK", "SUBTASK", "BATCH"})


class Stream:
    """Records in order, each taken once; also counts what the writes behind them cost."""

    def __init__(self, table: str, region: str, meter: Meter) -> None:
        # moto's own object: its stream API does not know botocore's present protocol.
        self._shard = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].get_table(table).stream_shard
        self._meter = meter
        self._records: deque[dict[str, Any]] = deque()
        self.seen: list[dict[str, Any]] = []

    def pending(self) -> bool:
        self._read()
        return bool(self._records)

    def take(self, count: int) -> list[dict[str, Any]]:
        self._read()
        return [self._records.popleft() for _ in range(min(count, len(self._records)))]

    def _read(self) -> None:
        for each in self._shard.items[len(self.seen) :]:
            self._note(copy.deepcopy(each.record))

    def _note(self, record: dict[str, Any]) -> None:
        images = record["dynamodb"]
        images["ApproximateCreationDateTime"] = images["ApproximateCreationDateTime"].timestamp()
        self._meter.writes += 1
        self._meter.write_units += math.ceil(
            max(item_size(images.get("OldImage")), item_size(images.get("NewImage"))) / 1024
        )
        self.seen.append(record)
        row = (images.get("NewImage") or {}).get("row", {}).get("S")
        if row in DELIVERED:
            self._records.append(record)


def item_size(item: Mapping[str, Any] | None) -> int:
    """Bytes DynamoDB bills for an item: names, and values by type."""
    return sum(len(name.encode()) + _size(value) for name, value in (item or {}).items())


def _size(value: Mapping[str, Any]) -> int:
    kind, content = next(iter(value.items()))
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-").strip("0")) + 1) // 2 + 1
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in content.items())
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in content)
    return 1
