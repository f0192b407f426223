"""What tasks cost at most, as counts that are the same in every run."""

import ledger_counts
import pytest
from benchmarks.ledger import run, scenarios
from benchmarks.ledger.cheaper import cheaper
from benchmarks.ledger.run import Counted
from benchmarks.ledger.scenarios import Scenario
from benchmarks.ledger.targets import targets
from benchmarks.ledger.usage import Usage, What
from benchmarks.section import Target

from taskmill.model.batch_plan import batch_size_for

pytestmark = pytest.mark.xdist_group("ledger")  # what is counted once serves all

BOUNDS = {
    "single task: table writes": 4,
    "single task: write units": 4,
    "single task, one by one: AWS calls": 3.5,
    "single task, in bulk: AWS calls": 2.5,
    "subtask of 10,000: write units": 1.06,
    "subtask of 10,000: AWS calls": 0.09,
    "subtask of 10,000: function calls": 0.03,
    "subtask of 10,000: state transitions": 0.05,
    "AWS calls a subtask, 10,000 over 1,000": 1.05,  # 100,000 in `make bench`
    "single task, one by one: dollars a million": 6.0,
    "subtask: dollars a million": 1.2,
    "idle stack: AWS calls a day": 0,
}


@pytest.fixture(scope="module")
def held() -> dict[str, Target]:
    """The targets by name, held against what was counted."""
    large = ledger_counts.target()
    counted = Counted(
        singles={
            run.ONE_BY_ONE: scenarios.single("", size=scenarios.SMALL),
            run.IN_BULK: scenarios.single("", size=scenarios.SMALL, bulk=True),
        },
        fan_outs={run.TARGET: large},
        orders={},
        large_elements=scenarios.fan_out(200, 100, size=scenarios.MIDDLE),
        large_count=200,
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
    assert alone.usage.total(What.FUNCTION_CALLS) <= 0.033  # 3 a batch, and some a fan-out


def test_batches_that_are_counted_after_the_end_cost_no_more() -> None:
    late = scenarios.fan_out(2_000, 100, steps_at_once=22)

    assert late.usage.total(What.WRITE_UNITS) <= 2.044  # the parent refuses all marks together


def test_a_large_input_is_paid_once_and_not_with_every_write() -> None:
    large = scenarios.single("", size=scenarios.LARGE)

    assert large.usage.total(What.WRITE_UNITS) == 4
    assert large.usage.total(What.S3_PUTS) == 1
    assert large.usage.total(What.S3_GETS) == 1


def test_a_second_attempt_costs_two_more_writes() -> None:
    retried = scenarios.single("", size=scenarios.SMALL, task_type="second-time")

    assert retried.usage.total(What.WRITES) == 6
    assert retried.usage.total(What.WRITE_UNITS) == 6


@pytest.mark.parametrize(
    ("size", "dollars"), [(1_000, 5.85), (2_000, 6.50), (4_000, 7.10), (8_000, 9.70)]
)
def test_an_input_in_a_row_of_its_own_is_cheaper_than_one_in_the_bucket(
    size: int, dollars: float
) -> None:
    own, larger = scenarios.single("", size=size), scenarios.single("", size=9_000)

    assert own.dollars <= dollars < larger.dollars
    assert own.usage.total(What.S3_PUTS, What.S3_GETS) == 0


def test_the_bound_of_such_rows_is_where_the_bucket_becomes_cheaper() -> None:
    def at(size: int) -> float:
        return scenarios.single("", size=size).dollars

    a_kilobyte = 0.625 + 0.5 * 0.125  # a write unit, a little of a read unit
    assert at(8_000) < at(8_001) < at(8_000) + a_kilobyte


def test_inputs_in_rows_share_the_calls_of_a_bulk_submit() -> None:
    bulk = scenarios.single("", size=scenarios.MIDDLE, bulk=True)

    assert bulk.usage.total(What.CALLS) <= 2.5 + 0.04 + 1  # stored 25 a call, read one by one


@pytest.mark.parametrize("size", [200, 600, 601, 2_000, 8_000])
def test_an_element_of_any_size_costs_two_write_units(size: int) -> None:
    subtask = scenarios.fan_out(1_000, 100, size=size)

    assert subtask.usage.total(What.WRITE_UNITS) <= 2.07
    assert subtask.usage.total(What.S3_GETS) <= 0.02
    assert subtask.dollars <= 2.0


def test_a_result_is_in_the_row_as_long_as_that_is_cheaper() -> None:
    inline, stored = (scenarios.giving("", size=size).dollars for size in (7_990, 8_000))

    assert inline < stored


def test_the_reference_design_costs_more_from_ten_subtasks_on() -> None:
    cases = [
        scenarios.single("", size=scenarios.SMALL),
        scenarios.alone("", size=scenarios.SMALL),
        scenarios.single("", size=scenarios.MIDDLE),
        *(scenarios.fan_out(count, batch_size_for(count)) for count in (10, 100, 400)),
    ]

    assert [each for each in cases if _times(each) <= 1] == []


def test_a_batch_for_each_of_few_subtasks_falls_short_of_the_reference_design() -> None:
    # Two transitions at 25 dollars a million each, where that has one: 1.3 times its price.
    assert _times(scenarios.fan_out(100, 1)) > 0.75


def test_what_was_made_cheaper_is_cheaper() -> None:
    large, together = scenarios.fan_out(*run.QUICK_LARGE, size=scenarios.MIDDLE), run.TARGET
    shapes = [(100, 10), (400, 20)]
    counted = Counted(
        singles={
            run.MIDDLE_ONE_BY_ONE: scenarios.single("", size=scenarios.MIDDLE),
            run.GIVING: scenarios.giving("", size=6_000),
        },
        fan_outs={shape: scenarios.fan_out(*shape) for shape in shapes},
        orders={run.TOGETHER: scenarios.fan_out(*together, steps_at_once=run.TOGETHER)},
        large_elements=large,
        large_count=run.QUICK_LARGE[0],
        growth={},
        idle_day=Usage(),
    )

    found = list(cheaper(counted))

    assert len(found) == 6
    assert [each for each in found if each.times < 1.01] == []
    assert [each.times for each in found if each.scenario == "subtask of 100, by default"] > [7]


def _times(scenario: Scenario) -> float:
    assert scenario.reference_dollars is not None
    return scenario.reference_dollars / scenario.dollars
