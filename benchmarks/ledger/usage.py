"""What was used: amounts by kind, by who used it, and by operation."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class What(StrEnum):
    """Kinds of use. Those that AWS bills have a price in `prices.py`."""

    CALLS = "AWS calls"
    WRITES = "table writes"
    WRITE_UNITS = "write units"
    READ_UNITS = "read units"
    QUEUE_REQUESTS = "queue requests"
    FAIR_QUEUE_REQUESTS = "fair queue requests"
    PUBLISHES = "publishes"
    TRANSITIONS = "state transitions"
    FUNCTION_CALLS = "function calls"
    GB_SECONDS = "Lambda GB-seconds"
    API_REQUESTS = "API requests"
    S3_PUTS = "S3 PUT"
    S3_GETS = "S3 GET"
    LOG_BYTES = "log bytes"
    TRACES = "traces"
    STREAM_RECORDS = "stream records"
    BYTES = "bytes"


POLLER = "Lambda's poller"  # receives and deletes messages for the functions; AWS runs it
WORKFLOW = "workflow"
CALLER = "caller"
GATEWAY = "gateway"


class Entry(NamedTuple):
    """A line of the ledger: what, by which function (or part of AWS), in which operation."""

    what: What
    where: str
    operation: str


@dataclass
class Usage:
    """Amounts by entry. Usages add up, differ and scale like numbers."""

    amounts: Counter[Entry] = field(default_factory=Counter)

    def add(self, what: What, where: str, operation: str, amount: float = 1) -> None:
        if amount:
            self.amounts[Entry(what, where, operation)] += amount

    def total(self, *kinds: What, where: str | None = None) -> float:
        """The sum of all lines of these kinds, of one function or of all."""
        return sum(
            amount
            for entry, amount in self.amounts.items()
            if entry.what in kinds and where in (None, entry.where)
        )

    def by_operation(self, *kinds: What) -> Counter[str]:
        """Sums by operation, in every function."""
        sums: Counter[str] = Counter()
        for entry, amount in self.amounts.items():
            if entry.what in kinds:
                sums[entry.operation] += amount
        return sums

    def __add__(self, other: "Usage") -> "Usage":
        entries = {**self.amounts, **other.amounts}  # in their order
        return Usage(Counter({each: self.amounts[each] + other.amounts[each] for each in entries}))

    def __sub__(self, other: "Usage") -> "Usage":
        return self + other * -1

    def __mul__(self, factor: float) -> "Usage":
        return Usage(Counter({each: amount * factor for each, amount in self.amounts.items()}))

    def __truediv__(self, divisor: float) -> "Usage":
        return self * (1 / divisor)

    def copy(self) -> "Usage":
        return Usage(self.amounts.copy())
