"""The ledger's targets: counts, the same in every run."""

from benchmarks.ledger.run import IN_BULK, ONE_BY_ONE, Counted
from benchmarks.ledger.usage import What
from benchmarks.section import Target

# What AWS leaves no way around: a row written once, and of a batch its claim and its closing, and
# once the parent's sum. A transaction, billed double, is what makes the sum exact.
FLOOR_WRITE_UNITS = 1.03


def targets(counted: Counted) -> list[Target]:
    """Each figure against its bound."""
    one_by_one, bulk = counted.singles[ONE_BY_ONE], counted.singles[IN_BULK]
    subtask = counted.target
    single, each = one_by_one.usage.total, subtask.usage.total
    calls = {size: found.usage.total(What.CALLS) for size, found in counted.growth.items()}
    small, large = min(calls), max(calls)
    units, floor = each(What.WRITE_UNITS), FLOOR_WRITE_UNITS
    return [
        Target("single task: table writes", single(What.WRITES), 4),
        Target("single task: write units", single(What.WRITE_UNITS), 4),
        Target("single task, one by one: AWS calls", single(What.CALLS), 3.5),
        Target("single task, in bulk: AWS calls", bulk.usage.total(What.CALLS), 2.5),
        Target("subtask of 10,000: write units", units, 1.06, floor=floor),
        Target("subtask of 10,000: AWS calls", each(What.CALLS), 0.09),
        Target("subtask of 10,000: function calls", each(What.FUNCTION_CALLS), 0.03),
        Target("subtask of 10,000: state transitions", each(What.TRANSITIONS), 0.05),
        Target(f"AWS calls a subtask, {large:,} over {small:,}", calls[large] / calls[small], 1.05),
        Target("single task, one by one: dollars a million", one_by_one.dollars, 6.0),
        Target("subtask: dollars a million", subtask.dollars, 1.20),
        Target("idle stack: AWS calls a day", counted.idle_day.total(What.CALLS), 0),
    ]
