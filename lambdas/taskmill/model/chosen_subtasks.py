"""Which subtasks a run of a fan-out runs again, when somebody retried only some of them.

The fan-out's row names them in `only`, as the run and ranges of indexes: "3:0,5-9". In another run
it says nothing. Everything else stands as the run before left it: batches without any of them are
not run, and in the others the outcomes of subtasks that are not named count again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from taskmill.model.rows.task_row import TaskRow

MOST = 5_000  # indexes; a row has at most so many, 35 KB
Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ranges of indexes, both ends included, in order."""

    ranges: Ranges

    @classmethod
    def of(cls, indexes: Iterable[int]) -> Self:
        ranges: list[tuple[int, int]] = []
        for each in sorted(set(indexes)):
            if ranges and ranges[-1][1] + 1 == each:
                ranges[-1] = ranges[-1][0], each
            else:
                ranges.append((each, each))
        return cls(tuple(ranges))

    def __contains__(self, index: int) -> bool:
        return self.any(index, index)

    def any(self, first: int, last: int) -> bool:
        """Whether one of `first` to `last` is among them."""
        place = bisect_right(self.ranges, last, key=lambda each: each[0])
        return place > 0 and self.ranges[place - 1][1] >= first

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.ranges)

    def stored(self, run: int) -> str:
        """The text that a fan-out's row has, for a run."""
        told = (str(a) if a == b else f"{a}-{b}" for a, b in self.ranges)
        return f"{run}:{','.join(told)}"


def chosen_of(parent: TaskRow) -> Chosen | None:
    """The subtasks that this run runs again; None: all that did not complete."""
    if parent.only is None:
        return None
    run, chosen = parsed(parent.only)
    return chosen if run == parent.run else None


@lru_cache(maxsize=8)
def parsed(text: str) -> tuple[int, Chosen]:
    """The run and the subtasks of a stored text."""
    run, _, told = text.partition(":")
    ends = (each.partition("-") for each in told.split(","))
    return int(run), Chosen(tuple((int(a), int(b or a)) for a, _, b in ends))
