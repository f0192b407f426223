"""Comparisons in rounds: every side once a round, so that noise on the machine hits all alike."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TypeVar

Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Time:
    """What one run took: by the clock, and of CPU. In whatever unit the part measures."""

    wall: float
    cpu: float


def in_rounds(
    sides: Mapping[str, Callable[[], Taken]], rounds: int, *, alternating: bool = False
) -> dict[str, list[Taken]]:
    """Run all sides once in every round; results of the same place are of the same round.

    Args:
        alternating: Every other round goes from the last side to the first.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if alternating and number % 2 == 0 else 1]:
            taken[name].append(sides[name]())
    return taken


def timed(work: Callable[[], object]) -> Time:
    """Seconds that some work takes: by the clock, and of this process's own computing."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Time(time.perf_counter() - wall, time.process_time() - cpu)


def walls(times: Iterable[Time]) -> list[float]:
    return [each.wall for each in times]


def cpus(times: Iterable[Time]) -> list[float]:
    return [each.cpu for each in times]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """The ratio of each round."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' own ratios."""
    return median(ratios(ours, theirs))


def middle_half(values: Sequence[float]) -> tuple[float, float]:
    """Half of the values lie between these."""
    low, _, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [*values] * 3
    return low, high
