"""Who called what, as the emulator counted it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Calls(NamedTuple):
    """Calls of one operation; when the first came and the last was answered, in seconds."""

    count: int
    first: float
    last: float


@dataclass(frozen=True)
class Counts:
    """What was counted in a while, by access key and operation."""

    by_key: Mapping[str, Mapping[str, Calls]]

    @classmethod
    def of(cls, answer: Mapping[str, Mapping[str, Iterable[float]]]) -> "Counts":
        return cls(
            {
                key: {name: Calls(*each) for name, each in calls.items()}
                for key, calls in answer.items()
            }
        )

    def operations(self, key: str) -> Mapping[str, int]:
        """How often each operation was called with a key."""
        return {name: each.count for name, each in self.by_key.get(key, {}).items()}

    def seconds(self, key: str, *, first: str, last: Iterable[str]) -> float:
        """From the first call of one operation to the answer to the last call of some others."""
        calls = self.by_key.get(key, {})
        ends = [calls[name].last for name in last if name in calls]
        if first not in calls or not ends:
            raise LookupError(f"{key} called no {first}, or stored nothing: {sorted(calls)}")
        return max(ends) - calls[first].first
