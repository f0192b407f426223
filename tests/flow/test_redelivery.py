"""Every stream record, message and workflow step twice, in any order: the outcome is the same."""

import json
from functools import cache
from typing import Any

import pytest
from clouds import fan_out, get, outcome, results_stored, submit
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.handlers import dispatch, subtasks, work
from taskmill.testing import Chaos, InProcessCloud

TWICE = [
    Chaos(deliveries=2),
    *(Chaos(deliveries=2, seed=seed) for seed in range(3)),
    Chaos(deliveries=2, seed=3, conflicts=0.2, lost_answers=0.2),
]


def run_all(chaos: Chaos, size: int) -> tuple[list[Any], dict[str, int]]:
    """Single tasks and a fan-out of this size; what they came to, and the results stored."""
    with InProcessCloud(modules=["flow_tasks"], chaos=chaos) as cloud:
        keys = [submit(cloud, "echo", number) for number in range(size)]
        keys += [submit(cloud, "flaky", 1), submit(cloud, "fails"), submit(cloud, "sized", 9_000)]
        keys.append(fan_out(cloud, "odd-fails", range(size), tolerated_failures="60%"))
        keys.append(fan_out(cloud, "flaky", [0, 1, 3], tolerated_failures=1))
        cloud.run()
        return [outcome(cloud, key) for key in keys], dict(results_stored(cloud))


@cache
def run_calmly(size: int) -> list[Any]:
    """What the same tasks come to when everything is delivered once."""
    return run_all(Chaos(), size)[0]


@pytest.mark.parametrize("chaos", TWICE, ids=str)
@pytest.mark.parametrize("size", [1, 10, 1_000])
@pytest.mark.xdist_group("redelivery")  # a process knows what came of one delivery
def test_double_delivery_changes_nothing(runs: list[Any], size: int, chaos: Chaos) -> None:
    once = run_calmly(size)
    twice, stored = run_all(chaos, size)

    assert twice == once
    assert set(stored.values()) == {1}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), deliveries=st.integers(1, 4), size=st.integers(0, 12))
def test_no_order_and_no_number_of_deliveries_changes_anything(
    seed: int, deliveries: int, size: int
) -> None:
    calm = run_calmly(size)
    wild, stored = run_all(Chaos(deliveries=deliveries, seed=seed), size)

    assert wild == calm
    assert set(stored.values()) == {1}


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
    cloud.deliver_records()
    body = json.dumps(key.as_dict())
    record = {"messageId": "again", "receiptHandle": "again", "body": body, "attributes": {}}
    cloud.wiring.claims.claim(key, fence="another", lease_until=cloud.now + 60_000, max_attempts=3)

    answer = work.handler({"Records": [record]}, cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "again"}]}
    assert runs == []
    assert get(cloud, key).status == "STARTED"
