"""The DynamoDB stream of the table in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from taskmill.testing.clients import Meter
from taskmill.testing.sizes import write_units

# Types of rows whose records reach the dispatcher. The stack's event filters also look at other
# attributes, so fewer records reach it there.
DELIVERED = frozenset({"TASK", "SFN_TASK", "SUBTASK", "BATCH", "SCHEDULE", "LIMIT"})


class Stream:
    """Yields the records of a table in order, each once, and counts the writes in the meter.

    Attributes:
        seen: All records that were read, including those that the filter drops.
    """

    def __init__(self, source: Sequence[dict[str, Any]], meter: Meter) -> None:
        self._source = source
        self._meter = meter
        self._waiting: deque[dict[str, Any]] = deque()
        self.seen: list[dict[str, Any]] = []
        self._handed_on = 0

    def pending(self) -> bool:
        self._read()
        return bool(self._waiting)

    def take(self, count: int) -> list[dict[str, Any]]:
        self._read()
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    def newly_seen(self) -> list[dict[str, Any]]:
        """All records since the last call of this, whoever has taken them."""
        self._read()
        found = self.seen[self._handed_on :]
        self._handed_on = len(self.seen)
        return found

    def _read(self) -> None:
        for record in self._source[len(self.seen) :]:
            images = record["dynamodb"]
            self._meter.writes += 1
            self._meter.write_units += write_units(images.get("OldImage"), images.get("NewImage"))
            self.seen.append(record)
            if (images.get("NewImage") or {}).get("row", {}).get("S") in DELIVERED:
                self._waiting.append(record)
