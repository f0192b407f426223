"""What tasks cost at most, as counts that are the same in every run."""

import pytest
from benchmarks.ledger import run, scenarios
from benchmarks.ledger.run import Counted
from benchmarks.ledger.scenarios import Scenario
from benchmarks.ledger.targets import targets
from benchmarks.ledger.usage import What
from benchmarks.section import Target

pytestmark = pytest.mark.xdist_group("ledger")  # what is counted once serves all

BOUNDS = {
    "single task: table writes": 4,
    "single task: write units": 4,
    "single task, one by one: AWS calls": 3.5,
    "single task, in bulk: AWS calls": 2.5,
    "subtask of 10,000: write units": 2.05,
    "subtask of 10,000: AWS calls": 0.15,
    "subtask of 10,000: function calls": 0.03,
    "subtask of 10,000: state transitions": 0.05,
    "AWS calls a subtask, 10,000 over 1,000": 1.05,  # 100,000 in `make bench`
    "single task, one by one: dollars a million": 6.0,
    "subtask: dollars a million": 2.0,
    "idle stack: AWS calls a day": 0,
}


@pytest.fixture(scope="module")
def held() -> dict[str, Target]:
    """The targets by name, held against what was counted."""
    large = scenarios.fan_out(*run.TARGET)
    counted = Counted(
        singles={
            run.ONE_BY_ONE: scenarios.single("", size=scenarios.SMALL),
            run.IN_BULK: scenarios.single("", size=scenarios.SMALL, bulk=True),
        },
        fan_outs={run.TARGET: large},
        orders={},
        growth={1_000: scenarios.fan_out(1_000, 100, notify="progress"), 10_000: large},
        idle_day=scenarios.idle_day(),
    )
    return {target.name: target for target in targets(counted)}


@pytest.mark.parametrize(("name", "bound"), BOUNDS.items())
def test_a_target_holds(held: dict[str, Target], name: str, bound: float) -> None:
    target = held[name]

    assert target.bound == bound
    assert target.value is not None
    assert target.value <= bound


def test_there_is_no_target_but_these(held: dict[str, Target]) -> None:
    assert held.keys() == BOUNDS.keys()


# The targets suppose that some batches close between two deliveries of the stream. In the two
# extreme orders a subtask costs a little more than they allow; these bounds are what it does cost.


def test_batches_that_are_counted_one_by_one_cost_a_hundredth_more() -> None:
    alone = scenarios.fan_out(2_000, 100, steps_at_once=1)

    assert alone.usage.total(What.WRITE_UNITS) <= 2.063  # 6 a batch in place of 4.2
    assert alone.usage.total(What.FUNCTION_CALLS) <= 0.033  # 3 a batch


def test_batches_that_are_counted_after_the_end_cost_little_more() -> None:
    late = scenarios.fan_out(2_000, 100, steps_at_once=22)

    assert late.usage.total(What.WRITE_UNITS) <= 2.085  # refused together, then one by one


def test_a_large_input_is_paid_once_and_not_with_every_write() -> None:
    large = scenarios.single("", size=scenarios.LARGE)

    assert large.usage.total(What.WRITE_UNITS) == 4
    assert large.usage.total(What.S3_PUTS) == 1
    assert large.usage.total(What.S3_GETS) == 1


def test_a_second_attempt_costs_two_more_writes() -> None:
    retried = scenarios.single("", size=scenarios.SMALL, task_type="second-time")

    assert retried.usage.total(What.WRITES) == 6
    assert retried.usage.total(What.WRITE_UNITS) == 6


def test_the_reference_design_costs_more_wherever_batches_have_their_default_size_or_more() -> None:
    """But for a fan-out of 100, whose batches are of 1 by default: see the next test."""
    cases = [
        scenarios.single("", size=scenarios.SMALL),
        scenarios.alone("", size=scenarios.SMALL),
        scenarios.fan_out(400, 4),
        scenarios.fan_out(100, 10),
    ]

    assert [each for each in cases if _times(each) <= 1] == []


def test_a_batch_for_each_of_few_subtasks_falls_short_of_the_reference_design() -> None:
    # Two transitions at 25 dollars a million each, where that has one: 1.3 times its price.
    assert _times(scenarios.fan_out(100, 1)) > 0.75


def _times(scenario: Scenario) -> float:
    assert scenario.reference_dollars is not None
    return scenario.reference_dollars / scenario.dollars
