"""One task of a key at a time: holders, conflicts, ends, retries."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from clouds import TENANT, get, submit

from taskmill import TaskContext, Unique
from taskmill.errors import Conflict, InvalidRequest
from taskmill.model.flow_control.holds import HoldId
from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud


def unique(cloud: InProcessCloud, value: Any = None, key: str = "k", **options: Any) -> TaskKey:
    return submit(cloud, "echo", value, unique={"key": key, **options})


def holder(cloud: InProcessCloud, key: str = "k") -> Any:
    return cloud.wiring.one_at_a_time.holders.get(HoldId(TENANT, "echo", "e", key))


def test_while_a_task_has_a_key_a_submit_returns_that_task(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    first = unique(cloud, 1)

    assert unique(cloud, 2) == first
    assert unique(cloud, 3, key="another") != first
    cloud.run()
    assert sorted(runs) == [1, 3]
    assert holder(cloud) is None
    assert unique(cloud, 4) != first


def test_fifty_submits_at_once_store_one_task(cloud: InProcessCloud, runs: list[Any]) -> None:
    with ThreadPoolExecutor(50) as pool:
        keys = list(pool.map(lambda number: unique(cloud, number), range(50)))

    cloud.run()
    assert len(set(keys)) == 1
    assert len(runs) == 1


def test_a_submit_that_must_not_meet_another_is_refused_with_the_holder(
    cloud: InProcessCloud,
) -> None:
    first = unique(cloud)

    with pytest.raises(Conflict, match="has the key 'k' to itself") as refused:
        unique(cloud, on_conflict="reject")
    assert refused.value.details["holder"] == first.code


def test_a_task_that_has_not_begun_is_replaced(cloud: InProcessCloud, runs: list[Any]) -> None:
    first, second = unique(cloud, 1), unique(cloud, 2, on_conflict="replace")

    cloud.run()
    assert runs == [2]
    assert [get(cloud, key).status for key in (first, second)] == ["CANCELLED", "COMPLETED"]
    assert holder(cloud) is None


def test_a_unique_submit_is_four_units_and_one_to_free_it(cloud: InProcessCloud) -> None:
    unique(cloud)
    assert cloud.meter.calls["dynamodb.transact_write_items"] == 1
    assert cloud.meter.calls.total() == 1

    cloud.run()
    # CREATED with the holder's row, QUEUED, the claim, the end; and the delete.
    assert cloud.meter.calls["dynamodb.delete_item"] == 1
    assert cloud.meter.calls["dynamodb.get_item"] == 0


def test_a_submit_with_a_key_has_no_other_that_decides_who_stands(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match="either unique or idempotencyKey"):
        submit(cloud, "echo", unique={"key": "k"}, idempotency_key="once")


def test_a_task_without_a_key_pays_nothing_for_keys(cloud: InProcessCloud) -> None:
    submit(cloud, "echo")
    cloud.run()

    assert cloud.meter.write_units == 3
    assert cloud.meter.calls["dynamodb.transact_write_items"] == 0
    assert cloud.meter.calls["dynamodb.delete_item"] == 0
    assert cloud.meter.calls["dynamodb.get_item"] == 0


@pytest.mark.parametrize("call", ["submit", "run", "submit_many", "map"])
@pytest.mark.parametrize("option", ["unique", "debounce"])
def test_children_have_no_keys_and_are_told_what_has(call: str, option: str) -> None:
    start: Any = getattr(TaskContext, call)

    wanted = f"has no option '{option}': children and fan-outs have no keys; .*TaskFunction.submit"
    with pytest.raises(TypeError, match=wanted):
        start(None, None, 1, **{option: Unique("k")})


def test_what_a_task_submits_beside_its_children_may_have_a_key(cloud: InProcessCloud) -> None:
    """Its attempt is repeated, and meets the task that it has submitted before."""
    key = submit(cloud, "submits-unique", 2)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    first, second = get(cloud, key).attributes["result"]
    assert first == second
    assert get(cloud, TaskKey.from_text(first)).parent is None
