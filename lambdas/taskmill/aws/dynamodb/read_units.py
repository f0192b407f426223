"""Read units: what the reads of one request consumed, as DynamoDB says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass
class ReadUnits:
    """The sum of the read units of some reads; 1 unit is 4 KB read strongly consistently."""

    consumed: float = 0.0

    def __str__(self) -> str:
        """As in the header: "12.5", "3"."""
        return f"{self.consumed:.1f}".removesuffix(".0")


_COUNTING: ContextVar[ReadUnits | None] = ContextVar("taskmill_read_units", default=None)


@contextmanager
def counted() -> Iterator[ReadUnits]:
    """Count the read units of all reads of this thread within the block."""
    units = ReadUnits()
    token = _COUNTING.set(units)
    try:
        yield units
    finally:
        _COUNTING.reset(token)


def asking() -> dict[str, str]:
    """The argument of a read that has its consumption told; none where nobody counts."""
    return {} if _COUNTING.get() is None else {"ReturnConsumedCapacity": "TOTAL"}


def note(answer: Mapping[str, Any]) -> None:
    """Add what a read consumed; that of a batch is a list, of one table each."""
    units, told = _COUNTING.get(), answer.get("ConsumedCapacity", [])
    if units is not None:
        each = [told] if isinstance(told, Mapping) else told
        units.consumed += sum(float(one.get("CapacityUnits", 0)) for one in each)
