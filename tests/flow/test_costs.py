"""What a task costs in calls and write units: counted, not timed."""

from typing import Any

import pytest
from clouds import fan_out, get, submit

from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud

DYNAMODB_READS = ("dynamodb.query", "dynamodb.get_item")


def test_a_single_task_writes_its_row_three_times(cloud: InProcessCloud) -> None:
    submit(cloud, "echo", "x" * 198)

    cloud.run()

    assert cloud.meter.writes == 3
    assert cloud.meter.write_units == 3


def test_a_hundred_tasks_share_their_calls(cloud: InProcessCloud) -> None:
    tasks = [CreateTask(tenant_code="mbc", task_type="echo", input=number) for number in range(100)]
    cloud.service.create_tasks(tasks=tasks)

    cloud.run()

    assert cloud.meter.writes == 300
    assert cloud.meter.calls.total() / 100 <= 2.5


@pytest.fixture(scope="module")
def thousand() -> Any:
    """A fan-out of 1,000 at batch size 100, and the meter that ran along."""
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        key = fan_out(cloud, "echo", range(1_000), batch_size=100, notify="progress")
        cloud.run()
        assert get(cloud, key).status == "COMPLETED"
        yield cloud.meter


def test_a_subtask_costs_two_write_units(thousand: Any) -> None:
    # A transaction's writes are billed double: one per batch and one of the parent each time.
    transactions = thousand.calls["dynamodb.transact_write_items"]
    counted = 10 + transactions

    assert (thousand.write_units + counted) / 1_000 <= 2.1


def test_a_subtask_costs_a_fraction_of_a_call(thousand: Any) -> None:
    assert thousand.calls.total() / 1_000 <= 0.2


def test_nothing_re_reads_siblings_to_learn_how_a_parent_stands(thousand: Any) -> None:
    queries = thousand.calls["dynamodb.query"]

    # Each batch reads its own rows, finish the batches, the dispatcher what is to follow.
    assert queries <= 10 + 1 + 1


def test_announcing_each_subtask_adds_a_tenth_of_a_call(cloud: InProcessCloud) -> None:
    fan_out(cloud, "echo", range(1_000), batch_size=100, notify="each")

    cloud.run()

    assert cloud.meter.calls["sns.publish_batch"] / 1_000 <= 0.125


def test_a_hundred_inputs_of_2_kb_share_four_calls(cloud: InProcessCloud) -> None:
    tasks = [
        CreateTask(tenant_code="mbc", task_type="echo", input=f"{number:04}" + "x" * 2_000)
        for number in range(100)
    ]
    cloud.service.create_tasks(tasks=tasks)

    assert cloud.meter.calls == {
        "dynamodb.batch_execute_statement": 4 + 4,
        "sqs.send_message_batch": 10,
    }


def test_a_batch_reads_its_large_elements_in_one_request(cloud: InProcessCloud) -> None:
    fan_out(cloud, "measure", ["x" * 2_000] * 200, batch_size=50, notify="progress")

    cloud.run()

    assert cloud.meter.calls["s3.get_object"] == 1 + 4  # split; four batches
    assert cloud.meter.write_units / 200 <= 2.1  # the elements are not in the rows


def test_an_idle_service_calls_nothing(cloud: InProcessCloud) -> None:
    cloud.run()

    assert cloud.meter.calls.total() == 0
