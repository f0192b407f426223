"""What limits cost in the ledger: the same as tests/flow/test_limit_costs.py has it."""

import pytest
from benchmarks.ledger import limits, scenarios
from benchmarks.ledger.usage import What
from ledger_counts import limited

pytestmark = pytest.mark.xdist_group("ledger")  # what is counted once serves all


@pytest.mark.parametrize(
    ("task_type", "count", "units"),
    [("noop", 1, 3), ("bench-room", 1, 11), ("bench-one", 10, 13.7)],
)
def test_the_ledger_and_the_cloud_bill_the_same(task_type: str, count: int, units: float) -> None:
    usage = limits.tasks_at_once(task_type, count)

    assert usage.total(What.WRITE_UNITS) == pytest.approx(units)


def test_a_task_without_limits_costs_what_it_would_if_no_type_had_any() -> None:
    without = scenarios.measured(
        lambda cloud: [
            cloud.post("tasks", {"taskType": "noop", "input": scenarios.text(scenarios.SMALL)})
            for _ in range(scenarios.WAVE)
        ],
        scenarios.WAVE,
        modules=[scenarios.TASKS],
    )

    assert limited()[limits.UNGATED].usage.amounts == without.amounts


@pytest.mark.parametrize(
    ("name", "units"),
    [
        (limits.FREE, 7.24),  # a slot 2, to give it back 2, of each hundred 4 for the gate
        (limits.FREE_SECONDS, 9.04),  # given back one by one
        (limits.FREE_ALONE, 11),
        (limits.WAITING, 13.34),  # to be parked 4, to be let in 6
        (limits.TWO, 7.48),
        (limits.IN_TIME, 4.01),  # a unit for all; and the stream's way, which takes one
        (limits.LATE, 7.02),  # a refused claim, a unit, and the new start in the row
        (limits.UNIQUE, 8),
        (limits.EXISTING, 4),
        (limits.DEBOUNCED, 8),
        (limits.BUMP, 1.01),
        (limits.PAUSED, 12.08),
    ],
)
def test_what_a_limit_takes_in_write_units(name: str, units: float) -> None:
    assert limited()[name].usage.total(What.WRITE_UNITS) == pytest.approx(units)


def test_the_slots_of_a_fan_out_are_shared_by_all_its_subtasks() -> None:
    free, slots = (limited()[name].dollars for name in (limits.SUBTASK, limits.LIMITED_SUBTASK))

    assert free < slots < free * 1.01


def test_what_waits_is_received_no_more_often_than_what_does_not() -> None:
    found = {name: each.usage.total(What.FAIR_QUEUE_REQUESTS) for name, each in limited().items()}

    assert found[limits.WAITING] == pytest.approx(found[limits.FREE])
    assert found[limits.IN_TIME] < found[limits.FREE] * 1.1


def test_after_tasks_with_limits_an_idle_stack_makes_no_call() -> None:
    assert not any(limits.idle_after_limits().amounts.values())


def test_a_look_at_what_is_paused_is_half_a_read_unit_and_there_are_four_a_minute() -> None:
    assert limits.pause_look().total(What.READ_UNITS) == 0.5
    assert limits.PAUSE_LOOKS_A_MONTH == 4 * 60 * 24 * 30
