"""Every stream record, message and workflow step twice, in any order: the outcome is the same."""

import json
from typing import Any

import pytest
from clouds import fan_out, get, outcome, results_stored, submit

from taskmill.handlers import dispatch, subtasks, work
from taskmill.testing import Chaos, InProcessCloud

TWICE = [Chaos(deliveries=2), *(Chaos(deliveries=2, seed=seed) for seed in range(3))]


def run_all(chaos: Chaos, size: int) -> tuple[list[Any], dict[str, int]]:
    """Single tasks and a fan-out of this size; what they came to, and the results stored."""
    with InProcessCloud(modules=["flow_tasks"], chaos=chaos) as cloud:
        keys = [submit(cloud, "echo", number) for number in range(min(size, 20))]
        keys += [submit(cloud, "flaky", 1), submit(cloud, "fails"), submit(cloud, "sized", 9_000)]
        keys.append(fan_out(cloud, "odd-fails", range(size), tolerated_failures="60%"))
        keys.append(fan_out(cloud, "flaky", [0, 1, 3], tolerated_failures=1))
        cloud.run()
        return [outcome(cloud, key) for key in keys], dict(results_stored(cloud))


@pytest.mark.parametrize("chaos", TWICE, ids=str)
@pytest.mark.parametrize("size", [1, 10])
def test_double_delivery_changes_nothing(runs: list[Any], size: int, chaos: Chaos) -> None:
    once, _ = run_all(Chaos(), size)
    twice, stored = run_all(chaos, size)

    assert twice == once
    assert set(stored.values()) == {1}


def test_double_delivery_of_a_thousand_changes_nothing(runs: list[Any]) -> None:
    with InProcessCloud(modules=["flow_tasks"], chaos=Chaos(deliveries=2, seed=7)) as cloud:
        key = fan_out(cloud, "odd-fails", range(1_000), tolerated_failures=500)
        cloud.run()

        parent, *rest = outcome(cloud, key)
        counts = {"total": 1_000, "completed": 500, "failed": 500, "cancelled": 0}
        assert parent[1:4] == ("COMPLETED", 0, counts)
        assert [row[1] for row in rest] == ["COMPLETED", "FAILED"] * 500
        assert len(results_stored(cloud)) == 500
        assert set(results_stored(cloud).values()) == {1}


def test_records_that_come_again_after_the_end_change_nothing(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "flaky", 1), submit(cloud, "fails")]
    keys.append(fan_out(cloud, "odd-fails", range(30), batch_size=10, tolerated_failures="50%"))
    cloud.run()
    before = [outcome(cloud, key) for key in keys]

    cloud.invoke(dispatch.handler, {"Records": list(cloud.stream.seen)})
    cloud.run()

    assert [outcome(cloud, key) for key in keys] == before
    assert set(results_stored(cloud).values()) == {1}


def test_workflow_steps_that_come_again_after_the_end_change_nothing(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "echo", range(30), batch_size=10)
    cloud.run()
    before, ran = outcome(cloud, key), len(runs)
    (name,) = cloud.executions.started
    event = {**key.as_dict(), "execution": name, "retry": 0}

    assert subtasks.split(event, cloud.context())["batches"] == []
    subtasks.batch({**event, "range": [10, 19]}, cloud.context())
    subtasks.finish(event, cloud.context())
    cloud.run()

    assert outcome(cloud, key) == before
    assert len(runs) == ran


def test_a_second_delivery_during_the_first_goes_back_to_the_queue(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "echo", 1)
    cloud._deliver_records()
    body = json.dumps(key.as_dict())
    record = {"messageId": "again", "receiptHandle": "again", "body": body, "attributes": {}}
    cloud.wiring.claims.claim(key, fence="another", lease_until=cloud.now + 60_000, max_attempts=3)

    answer = work.handler({"Records": [record]}, cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "again"}]}
    assert runs == []
    assert get(cloud, key).status == "STARTED"
