"""What was made cheaper: figures of before, which can not be measured any more, and of this run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.ledger.run import (
    GIVING,
    MIDDLE_IN_BULK,
    MIDDLE_ONE_BY_ONE,
    TARGET,
    TOGETHER,
    Counted,
    by_size,
)
from benchmarks.ledger.scenarios import Scenario
from benchmarks.ledger.usage import What
from benchmarks.section import Table
from taskmill.model.batch_plan import batch_size_for

COMMIT = "bb07a82"  # where the figures of before were counted


@dataclass(frozen=True)
class Cheaper:
    """One line: a unit of `what` in a scenario, before and after."""

    scenario: str
    how: str
    what: str
    before: float
    after: float

    @property
    def times(self) -> float:
        return self.before / self.after


# Dollars for a million, at COMMIT: by the name of the single task, by the size of the fan-out.
SINGLES = {
    by_size(1_000, bulk=False): 10.072,
    by_size(1_000, bulk=True): 8.719,
    MIDDLE_ONE_BY_ONE: 10.072,
    MIDDLE_IN_BULK: 8.719,
    by_size(4_000, bulk=False): 10.072,
    by_size(4_000, bulk=True): 8.719,
    by_size(8_000, bulk=False): 10.072,
    by_size(8_000, bulk=True): 8.729,
}
BY_DEFAULT = {100: 55.751, 400: 14.927, 1_000: 6.786}
GIVING_BEFORE = 9.554
LARGE_ELEMENTS = {10_000: 4.376, 1_000: 4.530}
TOGETHER_UNITS = 2.0808


def cheaper(counted: Counted) -> Iterator[Cheaper]:
    """All that this run has counted."""
    for size, before in BY_DEFAULT.items():
        scenario = counted.fan_outs.get((size, batch_size_for(size)))
        if scenario is not None:
            how = "batches as long as there are many (decision 0020)"
            yield _dollars(f"subtask of {size:,}, by default", how, before, scenario)
    for name, before in SINGLES.items():
        if name in counted.singles:
            how = "inputs in rows of their own (decision 0023)"
            yield _dollars(name, how, before, counted.singles[name])
    how = "results of up to 8,000 bytes in the row (decision 0023)"
    yield _dollars(GIVING, how, GIVING_BEFORE, counted.singles[GIVING])
    large = counted.large_elements
    how = "large elements out of the rows, read once a batch (decision 0005)"
    yield _dollars(f"subtask of {large.name}", how, LARGE_ELEMENTS[counted.large_count], large)
    yield Cheaper(
        f"subtask of {TARGET[0]:,}, counted after the end",
        "a parent that has ended is counted no more (decision 0007)",
        What.WRITE_UNITS,
        TOGETHER_UNITS,
        counted.orders[TOGETHER].usage.total(What.WRITE_UNITS),
    )


def _dollars(scenario: str, how: str, before: float, after: Scenario) -> Cheaper:
    return Cheaper(scenario, how, "$ a million", before, after.dollars)


def made_cheaper(counted: Counted) -> Table:
    """Before and after, by improvement."""
    return Table(
        title="Made cheaper",
        columns=["what", "by", "counted in", "before", "after", "times"],
        rows=[
            [
                each.scenario,
                each.how,
                each.what,
                f"{each.before:.4g}",
                f"{each.after:.4g}",
                f"{each.times:.2f}",
            ]
            for each in cheaper(counted)
        ],
        note=f"Before: counted by the same scenarios at commit {COMMIT}. After: in this run.",
    )
