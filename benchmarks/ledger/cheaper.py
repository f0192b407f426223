"""Improvements: figures of before, which can not be counted any more, and of this run."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.ledger import run
from benchmarks.ledger.run import Counted, by_size
from benchmarks.ledger.usage import What
from taskmill.model.batch_plan import batch_size_for

COMMIT = "bb07a82"  # where the figures of before were counted
BATCHES = "batches as long as there are many (decision 0020)"
INPUTS = "inputs in rows of their own (decision 0023)"
RESULTS = "results of up to 8,000 bytes in the row (decision 0023)"
ELEMENTS = "large elements out of the rows, read once a batch (decision 0005)"
COUNTS = "a parent that has ended is counted no more (decision 0007)"

# Dollars for a million, at COMMIT: by the size of the fan-out, by the single task's input.
BY_DEFAULT = {100: 55.751, 400: 14.927, 1_000: 6.786}
ONE_BY_ONE = dict.fromkeys((1_000, 2_000, 4_000, 8_000), 10.072)
IN_BULK = {1_000: 8.719, 2_000: 8.719, 4_000: 8.719, 8_000: 8.729}
GIVING = 9.554
LARGE_ELEMENTS = {10_000: 4.376, 1_000: 4.530}
TOGETHER_UNITS = 2.0808


@dataclass(frozen=True)
class Cheaper:
    """One line: a unit of `what` in a scenario, before and after."""

    scenario: str
    how: str
    before: float
    after: float
    what: str = "$ a million"

    @property
    def times(self) -> float:
        return self.before / self.after


def cheaper(counted: Counted) -> Iterator[Cheaper]:
    """All that this run has counted."""
    for size, before in BY_DEFAULT.items():
        if scenario := counted.fan_outs.get((size, batch_size_for(size))):
            name = f"subtask of {size:,}, by default"
            yield Cheaper(name, BATCHES, before, scenario.dollars)
    for size in ONE_BY_ONE:
        for bulk, figures in ((False, ONE_BY_ONE), (True, IN_BULK)):
            name = by_size(size, bulk=bulk)
            if single := counted.singles.get(name):
                yield Cheaper(name, INPUTS, figures[size], single.dollars)
    yield Cheaper(run.GIVING, RESULTS, GIVING, counted.singles[run.GIVING].dollars)
    large, before = counted.large_elements, LARGE_ELEMENTS[counted.large_count]
    yield Cheaper(f"subtask of {large.name}", ELEMENTS, before, large.dollars)
    name = f"subtask of {run.TARGET[0]:,}, counted after the end"
    units = counted.orders[run.TOGETHER].usage.total(What.WRITE_UNITS)
    yield Cheaper(name, COUNTS, TOGETHER_UNITS, units, What.WRITE_UNITS)
