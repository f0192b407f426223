"""The statistics of a cloud in this process: they are brought up to date when somebody reads them.

So a test that does not look at them pays nothing for them, as their function is not called.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Record = dict[str, Any]
COUNTED = frozenset({"TASK", "SFN_TASK"})  # rows whose changes the event source lets through
RECORDS = 1_000  # in one delivery
_IN_USE: list[Callable[[], None]] = []


class Counting:
    """The changes that are still to be counted.

    Args:
        invoke: Calls the function with one delivery.
        deliveries: How often each change is delivered.
        by: Chance, for the cuts of repeated deliveries; None: all at once.
    """

    def __init__(
        self,
        invoke: Callable[[list[Record]], object],
        *,
        deliveries: int = 1,
        by: random.Random | None = None,
    ) -> None:
        self._invoke, self._deliveries, self._by = invoke, deliveries, by
        self._waiting: list[Record] = []
        self._lock = threading.RLock()

    def offer(self, records: Iterable[Record]) -> None:
        """Note changes, in their order."""
        with self._lock:
            self._waiting += filter(_is_counted, records)

    def count(self) -> None:
        """Deliver all that waits."""
        with self._lock:
            while self._waiting:
                size = self._by.randint(1, 100) if self._by else RECORDS
                for _ in range(self._deliveries - 1):  # and its success is not noted
                    again = self._by.randint(1, 2 * size) if self._by else size
                    self._invoke(self._waiting[:again])
                self._invoke(self._waiting[:size])
                del self._waiting[:size]

    @property
    def pending(self) -> int:
        return len(self._waiting)


@contextmanager
def counted_by(count: Callable[[], None]) -> Iterator[None]:
    """Within the block, `before_reading` calls this."""
    _IN_USE.append(count)
    try:
        yield
    finally:
        _IN_USE.remove(count)


def before_reading(path: str) -> None:
    """Bring the statistics up to date, if a request to this path reads them."""
    parts = path.split("/")
    if _IN_USE and (path == "/v1/tenants" or {"statistics", "errors"}.intersection(parts[4:5])):
        _IN_USE[-1]()


def _is_counted(record: Record) -> bool:
    images = (record["dynamodb"].get(name) or {} for name in ("NewImage", "OldImage"))
    return any(image.get("row", {}).get("S") in COUNTED for image in images)
