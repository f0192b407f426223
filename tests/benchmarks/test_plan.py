"""The simulator plans with what taskmill really does, and says which limit a plan would pass."""

import pytest
from benchmarks.ledger import scenarios
from benchmarks.ledger.usage import What
from benchmarks.plan import __main__ as command
from benchmarks.plan import sample, states
from benchmarks.plan.case import Case, planned
from benchmarks.plan.pace import Costs, measure
from benchmarks.plan.sample import Sample
from benchmarks.plan.simulation import simulate

from taskmill.handlers import subtasks
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

pytestmark = pytest.mark.xdist_group("plan")  # one sample serves all
COSTS = Costs()  # as measured once: what is tested is the plan, not this machine


@pytest.fixture(scope="module")
def small_rows() -> Sample:
    return sample.take(Case())


def passed(case: Case, rows: Sample) -> set[str]:
    return {check.name for check in simulate(case, costs=COSTS, sample=rows).passed_limits}


def test_a_million_subtasks_pass_no_limit(small_rows: Sample) -> None:
    million = simulate(Case(), costs=COSTS, sample=small_rows)

    assert million.passed_limits == []
    assert million.pace.planned.batches == 5_000
    assert sum(million.dollars.values()) <= 1.25
    assert million.first_subtask_seconds <= 10


def test_a_thousand_batches_at_once_are_done_in_a_minute(small_rows: Sample) -> None:
    million = simulate(Case(max_concurrency=1_000), costs=COSTS, sample=small_rows)

    assert million.passed_limits == []
    assert million.pace.seconds <= 75
    assert million.notes  # a new table must grow first


def test_ten_million_are_too_many(small_rows: Sample) -> None:
    names = passed(Case(count=10_000_000), small_rows)

    assert "the input" in names
    assert any("refuses" in name for name in names)


def test_batches_of_one_do_not_travel_in_one_state(small_rows: Sample) -> None:
    names = passed(Case(batch_size=1), small_rows)

    assert {"batches", "split's answer", "the state after split"} <= names


def test_the_largest_plan_travels_in_one_state(small_rows: Sample) -> None:
    """5,000 batches of an input of 5 GB, the largest object that one request uploads."""
    passed_by = passed(Case(element_bytes=5_000), small_rows)

    assert "the input" in passed_by
    assert not {"split's answer", "the state after split", "the state after an error"} & passed_by


def test_batches_that_run_for_days_are_out_of_retries(small_rows: Sample) -> None:
    case = Case(count=100_000, batch_size=10_000, subtask_ms=60_000)

    assert passed(case, small_rows) == {"invocations of a batch"}


def test_batches_larger_than_the_planner_takes_are_refused(small_rows: Sample) -> None:
    names = passed(Case(batch_size=20_000), small_rows)

    assert any("larger than 10,000" in name for name in names)


def test_a_subtask_that_outlasts_its_function_is_seen(small_rows: Sample) -> None:
    assert "the longest subtask" in passed(Case(count=100, subtask_ms=900_000), small_rows)


def test_many_quick_batches_write_too_fast_for_a_table(small_rows: Sample) -> None:
    case = Case(count=50_000, batch_size=10, max_concurrency=5_000, subtask_ms=1)

    assert "the whole table" in passed(case, small_rows)


def test_large_elements_are_written_no_faster_than_small_ones(small_rows: Sample) -> None:
    case = Case(count=100_000, element_bytes=2_000)
    rows = sample.take(case)
    small, large = (
        simulate(Case(count=100_000), costs=COSTS, sample=small_rows),
        simulate(case, costs=COSTS, sample=rows),
    )

    assert large.passed_limits == []
    assert sum(large.dollars.values()) <= 1.05 * sum(small.dollars.values())


def test_large_results_of_quick_subtasks_are_too_much_for_one_partition() -> None:
    case = Case(count=100_000, result_bytes=7_000, subtask_ms=1)

    assert "a partition of subtasks, outcomes" in passed(case, sample.take(case))


def test_an_element_too_large_for_a_batch_s_memory_is_seen(small_rows: Sample) -> None:
    case = Case(count=10, element_bytes=50_000_000)

    assert "elements in a batch's memory" in passed(case, small_rows)
    assert "elements in a batch's memory" not in passed(
        Case(count=1_000_000, batch_size=10_000, element_bytes=2_000), small_rows
    )


def test_more_children_at_once_than_a_map_runs_are_seen(small_rows: Sample) -> None:
    case = Case(count=200_000, batch_size=10, max_concurrency=20_000)

    assert {"batches", "child executions at once"} <= passed(case, small_rows)


def test_split_answers_as_the_plan_supposes() -> None:
    case = Case(count=1_030, batch_size=100, max_concurrency=7)
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        task = CreateStepFunctionTask(
            tenant_code="mbc",
            task_type="echo",
            input=["x" * (case.element_bytes - 2)] * case.count,
            batch_size=case.batch_size,
            max_concurrency=case.max_concurrency,
        )
        key = cloud.service.create_step_function_task(task=task).key
        cloud.wiring.tasks.move(key, Status.STARTED)

        answer = subtasks.split({**key.as_dict(), "execution": None}, cloud.context())

    assert answer == states.split_answer(planned(case))


@pytest.mark.parametrize("what", [What.CALLS, What.WRITE_UNITS, What.TRANSITIONS])
def test_what_small_fan_outs_use_foretells_what_a_larger_one_does(
    small_rows: Sample, what: What
) -> None:
    counted = scenarios.fan_out(3_000, 100, steps_at_once=1, notify="progress")

    foretold = small_rows.usage(3_000, 30).total(what)

    assert foretold == pytest.approx(counted.usage.total(what) * 3_000, rel=0.02)


def test_the_cost_of_rows_is_measured_with_real_clients() -> None:
    costs = measure(planned(Case()))

    # boto3 alone takes more than this; ten times what was seen once would be another matter.
    assert 0 < costs.split_row < 10 * COSTS.split_row
    assert 20e-6 < costs.batch_row < 10 * COSTS.batch_row


def test_the_command_fails_when_a_limit_would_be_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main(["--count", "100000", "--batch-size", "10"]) == 1
    assert "passed" in capsys.readouterr().out

    assert command.main(["--count", "100000"]) == 0
