"""Sides of a comparison, timed in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from benchmarks.overhead.calls import Asked


@dataclass(frozen=True)
class Side:
    """What is timed; `restore` is not."""

    work: Callable[[], Asked]
    restore: Callable[[], None]


@dataclass(frozen=True)
class Time:
    """Seconds of one run: by the clock, and of this process's own computing."""

    wall: float
    cpu: float


@dataclass
class Timed:
    """All runs of one side, in their order; runs of the same place are of the same round."""

    runs: list[Time] = field(default_factory=list)

    @property
    def wall(self) -> float:
        return median(each.wall for each in self.runs)

    @property
    def cpu(self) -> float:
        return median(each.cpu for each in self.runs)


@dataclass(frozen=True)
class Ratio:
    """Of one side over another: of the medians, and the middle half of the rounds' own."""

    value: float
    spread: tuple[float, float]

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
        """Of times of the same rounds."""
        each = [one / other for one, other in zip(ours, theirs, strict=True)]
        low, _, high = quantiles(each, n=4) if len(each) > 1 else (each * 3)
        return cls(median(ours) / median(theirs), (low, high))


def in_turns(sides: Mapping[str, Side], rounds: int) -> dict[str, Timed]:
    """Time all sides once in every round, from the first to the last and then the other way round.

    Raises:
        CallsDiffer: In some round two sides asked different things of AWS.
    """
    timed = {name: Timed() for name in sides}
    for number in range(rounds):
        asked: list[Asked] = []
        for name in list(sides)[:: 1 if number % 2 else -1]:
            took, calls = _timed(sides[name])
            timed[name].runs.append(took)
            asked.append(calls)
        for each in asked[1:]:
            asked[0].check_same(each)
    return timed


def _timed(side: Side) -> tuple[Time, Asked]:
    side.restore()
    wall, cpu = time.perf_counter(), time.process_time()
    asked = side.work()
    return Time(time.perf_counter() - wall, time.process_time() - cpu), asked
