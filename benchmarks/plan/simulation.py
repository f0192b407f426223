"""A planned fan-out: its time line, its price, and the limits that it would pass."""

from dataclasses import dataclass

from benchmarks.ledger.prices import dollars
from benchmarks.plan import limits
from benchmarks.plan.case import Case, planned
from benchmarks.plan.checks import Check, checks
from benchmarks.plan.pace import Costs, Pace, measure
from benchmarks.plan.rates import table_writes
from benchmarks.plan.sample import Sample, take


@dataclass(frozen=True)
class Simulation:
    """What would happen on AWS."""

    pace: Pace
    sample: Sample
    checks: list[Check]

    @property
    def passed_limits(self) -> list[Check]:
        return [each for each in self.checks if not each.passes]

    @property
    def dollars(self) -> dict[str, float]:
        """By service; the time of task functions is not in it."""
        planned = self.pace.planned
        return dict(dollars(self.sample.usage(planned.case.count, planned.batches)))

    @property
    def timeline(self) -> list[tuple[str, float, float]]:
        """Step, when it begins and when it ends, in seconds."""
        pace = self.pace
        split, work = pace.split_seconds, pace.split_seconds + pace.map_seconds
        batches = f"the Map runs {pace.planned.batches:,} batches, {pace.at_once:,} at once"
        return [
            ("split finds where the batches begin", 0.0, split),
            (batches, split, work),
            ("finish sums up", work, pace.seconds),
        ]

    @property
    def first_subtask_seconds(self) -> float:
        """From the start of the execution until a subtask runs."""
        return self.pace.split_seconds + self.pace.first_in_batch_seconds

    @property
    def notes(self) -> list[str]:
        """Warnings about what is no hard limit."""
        rate = table_writes(self.pace, self.sample)
        if rate <= limits.NEW_TABLE_WRITES:
            return []
        note = (
            f"{rate:,.0f} write units a second are more than the {limits.NEW_TABLE_WRITES:,} that a"
            " new on-demand table begins with: it throttles, and we retry, until it has grown"
        )
        return [note]


def simulate(case: Case, *, costs: Costs | None = None, sample: Sample | None = None) -> Simulation:
    """Plan it and hold it against all limits.

    Args:
        costs: CPU seconds of rows; measured on this machine when absent.
        sample: Of rows and use; taken when absent.
    """
    plan = planned(case)
    pace = Pace(planned=plan, costs=costs or measure(plan))
    sample = sample or take(case)
    return Simulation(pace, sample, checks(pace, sample))
