"""Waiting for handles in an in-process cloud: no second passes, but what is waited for happens."""

import asyncio
from collections.abc import Iterator

import pytest
from handle_tasks import (
    RUNS,
    Invoice,
    Order,
    asks_others,
    awaits_another,
    bill,
    much_later,
    untyped,
    waits_for_another,
)

from taskmill import TaskHandle, WaitTimeout
from taskmill.testing import Chaos, InProcessCloud

DAY = 86_400
SCHEDULED_TO_MS = 1_000  # EventBridge knows whole seconds


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    RUNS.clear()
    with InProcessCloud(["handle_tasks"], environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        yield cloud


def test_waiting_lets_the_cloud_do_its_work(cloud: InProcessCloud) -> None:
    handle = bill.submit(Order(number=1))

    assert handle.status() == "QUEUED"
    assert handle.wait() == Invoice(1, 100)


def test_a_delay_passes_in_virtual_time_and_no_longer_than_it_lasts(cloud: InProcessCloud) -> None:
    began = cloud.now
    handle = untyped.submit("tomorrow", delay_seconds=DAY)

    assert handle.wait(timeout_seconds=None) == "tomorrow"
    assert 0 <= cloud.now - began - DAY * 1000 < SCHEDULED_TO_MS


def test_long_pauses_between_attempts_pass_too(cloud: InProcessCloud) -> None:
    began = cloud.now

    assert much_later.submit(2).wait(timeout_seconds=None) == 3
    assert 0 <= cloud.now - began - (600 + 1_200) * 1000 < SCHEDULED_TO_MS


def test_what_is_later_than_the_end_has_not_happened_yet(cloud: InProcessCloud) -> None:
    later = untyped.submit("later", delay_seconds=600)

    untyped.submit("soon", delay_seconds=60).wait()

    assert later.status() == "SCHEDULED"
    assert RUNS == ["soon"]


def test_the_wait_ends_in_virtual_time(cloud: InProcessCloud) -> None:
    began = cloud.now
    handle = untyped.submit("late", delay_seconds=301)

    with pytest.raises(WaitTimeout, match=r"is still SCHEDULED after 300 s$"):
        handle.wait(timeout_seconds=300)

    assert cloud.now - began == 300_000
    assert handle.wait(timeout_seconds=2) == "late"


@pytest.mark.parametrize("timeout_seconds", [300, None])
def test_a_task_that_nothing_moves_any_more_is_not_waited_for(
    cloud: InProcessCloud, timeout_seconds: float | None
) -> None:
    handle, began = untyped.submit("lost"), cloud.now
    cloud.step()
    cloud.queues.queues.clear()  # somebody purged the queue

    with pytest.raises(WaitTimeout, match="nothing is left to happen that could move it"):
        handle.wait(timeout_seconds=timeout_seconds)

    assert cloud.now == began


def test_a_task_that_waits_for_children_is_waited_for(cloud: InProcessCloud) -> None:
    assert asks_others.submit([1, 2, 3]).wait() == [1, 2, 3]


def test_task_code_may_wait_for_a_handle(cloud: InProcessCloud) -> None:
    assert waits_for_another.submit("inner").wait() == "inner"


@pytest.mark.parametrize("seed", range(5))
def test_waiting_works_in_any_order_of_things(seed: int) -> None:
    chaos = Chaos(deliveries=2, seed=seed)
    with InProcessCloud(["handle_tasks"], chaos=chaos) as cloud:
        handles = [untyped.submit(each, tenant="mbc", delay_seconds=each) for each in range(9)]

        assert [handle.wait() for handle in handles] == list(range(9))

        cloud.run()
        assert untyped.map(range(20), tenant="mbc").wait()["completed"] == 20


def test_a_handle_stays_where_its_task_is() -> None:
    with InProcessCloud(["handle_tasks"]) as first:
        kept = untyped.submit("first", tenant="mbc", code="1")
        with InProcessCloud(["handle_tasks"]):
            other = untyped.submit("second", tenant="mbc", code="1")

            assert kept.task().input == "first"
            assert TaskHandle.of(kept.key).task().input == other.task().input == "second"
        assert TaskHandle.of(kept.key).task().input == "first"
        first.run()
    assert kept.result() == "first"


def test_many_may_wait_for_tasks_that_wait_for_others(cloud: InProcessCloud) -> None:
    asked = [each.submit(each.type) for each in (awaits_another, waits_for_another) * 6]

    async def wait_for_all() -> list[str]:
        return await asyncio.gather(*(each.wait_async() for each in asked))

    assert asyncio.run(wait_for_all()) == ["awaits-another", "waits-for-another"] * 6
