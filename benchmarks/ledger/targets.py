"""The ledger's targets: counts, the same in every run."""

from __future__ import annotations

from benchmarks.ledger.run import IN_BULK, ONE_BY_ONE, Counted
from benchmarks.ledger.scenarios import Scenario
from benchmarks.ledger.usage import What
from benchmarks.section import Target

# What AWS leaves no way around: a row written twice, and of a batch its claim and its closing, and
# once the parent's sum. A transaction, billed double, is what makes the sum exact.
FLOOR_WRITE_UNITS = 2.03


def targets(counted: Counted) -> list[Target]:
    """Each figure against its bound."""
    one_by_one, in_bulk = counted.singles[ONE_BY_ONE], counted.singles[IN_BULK]
    idle = counted.idle_day.total(What.CALLS)
    return [
        Target(name="single task: table writes", value=_of(one_by_one, What.WRITES), bound=4),
        Target(name="single task: write units", value=_of(one_by_one, What.WRITE_UNITS), bound=4),
        Target(
            name="single task, one by one: AWS calls",
            value=_of(one_by_one, What.CALLS),
            bound=3.5,
        ),
        Target(name="single task, in bulk: AWS calls", value=_of(in_bulk, What.CALLS), bound=2.5),
        *_subtask_targets(counted),
        Target(
            name="single task, one by one: dollars a million",
            value=one_by_one.dollars,
            bound=6.0,
        ),
        Target(name="subtask: dollars a million", value=counted.target.dollars, bound=2.0),
        Target(name="idle stack: AWS calls a day", value=idle, bound=0),
    ]


def _subtask_targets(counted: Counted) -> list[Target]:
    subtask, sizes = counted.target, sorted(counted.growth)
    calls = {size: _of(counted.growth[size], What.CALLS) for size in sizes}
    return [
        Target(
            name="subtask of 10,000: write units",
            value=_of(subtask, What.WRITE_UNITS),
            bound=2.05,
            floor=FLOOR_WRITE_UNITS,
        ),
        Target(name="subtask of 10,000: AWS calls", value=_of(subtask, What.CALLS), bound=0.15),
        Target(
            name="subtask of 10,000: function calls",
            value=_of(subtask, What.FUNCTION_CALLS),
            bound=0.03,
        ),
        Target(
            name="subtask of 10,000: state transitions",
            value=_of(subtask, What.TRANSITIONS),
            bound=0.05,
        ),
        Target(
            name=f"AWS calls a subtask, {sizes[-1]:,} over {sizes[0]:,}",
            value=calls[sizes[-1]] / calls[sizes[0]],
            bound=1.05,
        ),
    ]


def _of(scenario: Scenario, what: What) -> float:
    return scenario.usage.total(what)
