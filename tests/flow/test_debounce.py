"""Debounced submits: one run, of the last input, when a key has been quiet."""

from collections import Counter
from typing import Any

import pytest
from clouds import TENANT, get, submit

from taskmill.errors import InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud
from taskmill.testing.sizes import write_units


def save(
    cloud: InProcessCloud, value: Any, *, seconds: int = 30, most: int | None = None
) -> TaskKey:
    asked = {"key": "doc", "seconds": seconds, "max_seconds": most}
    return submit(cloud, "echo", value, debounce=asked)


def messages(cloud: InProcessCloud) -> int:
    return sum(len(each) for each in cloud.queues.queues.values())


def test_a_hundred_submits_within_a_second_run_once_with_the_last_input(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    keys = []
    for number in range(100):
        keys.append(save(cloud, number))
        cloud.now += 10
    last = cloud.now - 10

    cloud.run()
    assert runs == [99]
    (key,) = set(keys)
    assert get(cloud, key).status == "COMPLETED"
    started = cloud.wiring.tasks.get(key).started_at
    assert started is not None
    assert 30_000 <= started - last <= 31_000


def test_a_submit_that_puts_off_is_a_read_and_a_unit(cloud: InProcessCloud) -> None:
    save(cloud, 1)
    calls, changes = Counter(cloud.meter.calls), len(cloud.table.records)
    save(cloud, 2)

    assert cloud.meter.calls - calls == {"dynamodb.get_item": 1, "dynamodb.update_item": 1}
    (change,) = cloud.table.records[changes:]
    images = change["dynamodb"]
    assert write_units(images["OldImage"], images["NewImage"]) == 1


def test_a_hundred_submits_over_their_time_leave_one_message(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    save(cloud, 0)
    for number in range(1, 101):
        cloud.advance(seconds=20)
        save(cloud, number)
        cloud.advance(seconds=1)
        assert messages(cloud) == 1
    assert runs == []

    cloud.run()
    assert runs == [100]
    assert messages(cloud) == 0


def test_a_task_is_not_put_off_beyond_its_most(cloud: InProcessCloud, runs: list[Any]) -> None:
    began = cloud.now
    key = save(cloud, 0, most=100)
    for number in range(1, 9):
        cloud.advance(seconds=20)
        save(cloud, number, most=100)

    started = cloud.wiring.tasks.get(key).started_at
    assert started is not None
    assert 100_000 <= started - began <= 102_000
    cloud.run()
    assert runs == [4, 8]


def test_a_submit_does_not_bring_the_start_forward(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = save(cloud, 1, seconds=300)
    due = cloud.wiring.tasks.get(key).run_at

    assert save(cloud, 2, seconds=5) == key
    assert cloud.wiring.tasks.get(key).run_at == due
    cloud.run()
    assert runs == [2]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"delay_seconds": 5}, "either debounce"),
        ({"unique": {"key": "k"}}, "either unique or debounce"),
    ],
)
def test_what_contradicts_it_is_refused(
    cloud: InProcessCloud, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidRequest, match=told):
        submit(cloud, "echo", debounce={"key": "k", "seconds": 5}, **options)
    assert TENANT
