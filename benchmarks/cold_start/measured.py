"""Processes side by side: every round starts one of each kind, so that noise hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from benchmarks.cold_start.starts import Start


@dataclass(frozen=True)
class Measured:
    """The starts of one kind, a round each, and the floors of the same rounds."""

    name: str
    starts: Sequence[Start]
    floors: Sequence[Start] = field(repr=False)

    @property
    def cpu(self) -> float:
        """Milliseconds, the median."""
        return median(start.cpu for start in self.starts)

    @property
    def wall(self) -> float:
        """Milliseconds, the median."""
        return median(start.wall for start in self.starts)

    @property
    def spread(self) -> tuple[float, float]:
        """CPU milliseconds: the middle half of the rounds lies between."""
        times = [start.cpu for start in self.starts]
        if len(times) < 2:
            return times[0], times[0]
        low, _, high = quantiles(times, n=4, method="inclusive")
        return low, high

    @property
    def ratio(self) -> float:
        """CPU time over the floor's, the median of the rounds' own ratios."""
        return median(
            each.cpu / floor.cpu for each, floor in zip(self.starts, self.floors, strict=True)
        )

    @property
    def wall_ratio(self) -> float:
        return median(
            each.wall / floor.wall for each, floor in zip(self.starts, self.floors, strict=True)
        )


def in_rounds(
    kinds: Mapping[str, Callable[[], Start]], *, floor: str, rounds: int
) -> Mapping[str, Measured]:
    """Start one process of each kind, so many times; the first round warms caches and is dropped.

    Args:
        kinds: By name; in every round in this order.
        floor: The kind that the others are compared with.
    """
    starts: dict[str, list[Start]] = {name: [] for name in kinds}
    for _ in range(rounds + 1):
        for name, start in kinds.items():
            starts[name].append(start())
    floors = starts[floor][1:]
    return {name: Measured(name, found[1:], floors) for name, found in starts.items()}
