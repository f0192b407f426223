"""What several tests take from the ledger, counted once a process."""

from functools import cache

from benchmarks.ledger import limits, run, scenarios
from benchmarks.ledger.scenarios import Scenario


@cache
def fan_out(count: int, batch_size: int) -> Scenario:
    """A fan-out of small elements; that of `run.TARGET` takes some seconds."""
    return scenarios.fan_out(count, batch_size)


def target() -> Scenario:
    """The fan-out that the ledger's targets are about."""
    return fan_out(*run.TARGET)


@cache
def limited() -> dict[str, Scenario]:
    """Tasks with limits, by name."""
    return limits.count_limits()
