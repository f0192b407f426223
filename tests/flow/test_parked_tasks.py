"""PARKED tasks: they are cancelled, expire, are retried, reported and let in, and lose no slot."""

from __future__ import annotations

from collections.abc import Iterator

import limited_tasks
import pytest
from clouds import TENANT, fan_out, get, submit
from slots import check_counts, check_rest, deliver, held, submit_all, waiters

from taskmill.aws.dynamodb.flow_control.settings import SetLimit, SetLimits
from taskmill.errors import IllegalStatusChange, InvalidRequest
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, Status
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud

ONE = f"{TENANT}#lim-one#"


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["limited_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        yield cloud


def two(cloud: InProcessCloud, **options: object) -> tuple[TaskKey, TaskKey]:
    """A task that has the slot, and one that is PARKED."""
    first = submit(cloud, "lim-one", 1)
    deliver(cloud)
    second = submit(cloud, "lim-one", 2, **options)
    deliver(cloud)
    assert get(cloud, first).status is Status.QUEUED
    assert get(cloud, second).status is Status.PARKED
    return first, second


def set_limit(cloud: InProcessCloud, name: str, concurrency: int | None) -> None:
    limits, limit = SetLimits(cloud.wiring.table, clock=cloud.clock), LimitId(TENANT, name)
    if concurrency is None:
        limits.delete(limit.general)
    else:
        limits.put(limit, limit.general, SetLimit(concurrency=concurrency))


def test_a_parked_task_that_is_cancelled_leaves_its_place(cloud: InProcessCloud) -> None:
    first, second = two(cloud)
    assert len(waiters(cloud)) == 1
    cloud.service.cancel(key=second)
    deliver(cloud)

    assert not waiters(cloud)
    cloud.run()
    assert get(cloud, first).status is Status.COMPLETED
    check_rest(cloud)


def test_a_cancelled_head_that_waited_for_much_lets_the_next_in(cloud: InProcessCloud) -> None:
    """A wide fan-out waits for three slots, so that a task behind it must wait, too."""
    holder = submit(cloud, "lim-three", 1)
    deliver(cloud)
    wide = fan_out(cloud, "lim-three", range(6), max_concurrency=3)
    deliver(cloud)
    behind = submit(cloud, "lim-three", 2)
    deliver(cloud)
    assert get(cloud, wide).status is get(cloud, behind).status is Status.PARKED

    cloud.service.cancel(key=wide)
    deliver(cloud)

    assert get(cloud, behind).status is Status.QUEUED
    assert held(cloud) == {f"{TENANT}#lim-three#": 2}
    cloud.run()
    assert get(cloud, holder).status is Status.COMPLETED
    check_rest(cloud)


def test_a_cancelled_holder_passes_its_slot_on_at_once(cloud: InProcessCloud) -> None:
    first, second = two(cloud)
    cloud.service.cancel(key=first)
    cloud.deliver_records()

    assert get(cloud, second).status is Status.QUEUED
    assert held(cloud) == {ONE: 1}
    cloud.run()
    check_rest(cloud)


def test_who_is_let_in_is_sent_once_though_its_record_comes_later(cloud: InProcessCloud) -> None:
    first, second = two(cloud)
    cloud.service.cancel(key=first)
    deliver(cloud)

    bodies = [each.body for queue in cloud.queues.queues.values() for each in queue]
    assert sum(second.code in each for each in bodies) == 1


@pytest.mark.parametrize("option", ["expires_seconds", "deadline_seconds"])
def test_a_parked_task_ends_in_time(cloud: InProcessCloud, option: str) -> None:
    set_limit(cloud, "lim-one", 0)
    key = submit(cloud, "lim-one", 2, **{option: 1_800})
    cloud.advance(seconds=1_700)
    assert get(cloud, key).status is Status.PARKED

    cloud.advance(seconds=200)

    ends = {"expires_seconds": Status.CANCELLED, "deadline_seconds": Status.FAILED}
    assert get(cloud, key).status is ends[option]
    check_rest(cloud)


def test_a_limit_of_0_holds_all_and_any_other_lets_them_in(cloud: InProcessCloud) -> None:
    set_limit(cloud, "lim-one", 0)
    keys = submit_all(cloud, "lim-one", range(3))
    cloud.run()
    assert {get(cloud, key).status for key in keys} == {Status.PARKED}

    set_limit(cloud, "lim-one", None)
    cloud.run()

    assert {get(cloud, key).status for key in keys} == {Status.COMPLETED}
    check_rest(cloud)


def test_a_limit_of_a_name_lets_in_those_of_each_key(cloud: InProcessCloud) -> None:
    set_limit(cloud, "lim-keyed", 0)
    keys = submit_all(cloud, "lim-keyed", [{"key": each} for each in "abcabc"])
    cloud.run()
    assert len(waiters(cloud)) == 6

    set_limit(cloud, "lim-keyed", 2)
    cloud.run()

    assert {get(cloud, key).status for key in keys} == {Status.COMPLETED}
    check_rest(cloud)


def test_the_order_is_priority_then_age(cloud: InProcessCloud) -> None:
    keys = []
    for priority in ("normal", "low", "normal", "urgent", "high"):
        keys.append(submit(cloud, "lim-one", 1, priority=priority))
        cloud.now += 1_000
        deliver(cloud)
    cloud.run()

    started = sorted(range(5), key=lambda each: get(cloud, keys[each]).started_at)
    assert started == [0, 3, 4, 2, 1]


@pytest.mark.parametrize("target", [each for each in Status if each is not Status.CREATED])
def test_no_report_gets_a_parked_task_going(cloud: InProcessCloud, target: Status) -> None:
    _, second = two(cloud)
    ends = target in FINAL - {Status.COMPLETED}
    if ends:
        cloud.service.update_status(key=second, status=target)
    else:
        with pytest.raises(IllegalStatusChange, match=f"is PARKED and cannot become {target}"):
            cloud.service.update_status(key=second, status=target)
    cloud.run()

    assert get(cloud, second).status is (target if ends else Status.COMPLETED)
    check_rest(cloud)


def test_nobody_parks_a_task_from_outside(cloud: InProcessCloud) -> None:
    key = submit(cloud, "lim-one", 1)
    with pytest.raises(IllegalStatusChange, match="is CREATED and cannot become PARKED"):
        cloud.service.update_status(key=key, status=Status.PARKED)


@pytest.mark.parametrize("target", [Status.STARTED, Status.PROCESSING])
def test_nobody_outside_may_begin_without_a_slot(cloud: InProcessCloud, target: Status) -> None:
    key = submit(cloud, "lim-one", 1)
    with pytest.raises(IllegalStatusChange, match="it has no slot of its concurrency limit yet"):
        cloud.service.update_status(key=key, status=target)
    deliver(cloud)
    cloud.service.update_status(key=key, status=target)  # now it has

    cloud.service.update_status(key=key, status=Status.COMPLETED)
    cloud.run()
    check_rest(cloud)


def test_a_retry_before_the_slot_is_released_keeps_it(cloud: InProcessCloud) -> None:
    first, second = two(cloud)
    cloud.service.cancel(key=first)
    cloud.service.retry(key=first)
    deliver(cloud)

    check_counts(cloud, {ONE: 1})
    assert get(cloud, first).status is Status.QUEUED
    cloud.run()
    assert get(cloud, first).status is get(cloud, second).status is Status.COMPLETED
    check_rest(cloud)


def test_a_cancelled_waiter_that_is_retried_waits_again(cloud: InProcessCloud) -> None:
    """The record of the cancel comes late: it must not take the new waiter off."""
    _, second = two(cloud)
    cloud.service.cancel(key=second)
    late = list(cloud.table.records)[-1]
    cloud.service.retry(key=second)
    deliver(cloud)
    assert get(cloud, second).status is Status.PARKED

    cloud.wiring.dispatcher.handle([late])

    check_counts(cloud, {ONE: 1})
    cloud.run()
    assert get(cloud, second).status is Status.COMPLETED
    check_rest(cloud)


def test_between_attempts_no_slot_is_held(cloud: InProcessCloud) -> None:
    keys = submit_all(cloud, "lim-fails", [1, 2])
    seen = []
    while cloud.step() or cloud._pass_time():
        check_counts(cloud, {f"{TENANT}#lim-fails#": 1})
        seen.append(tuple(sorted(str(get(cloud, key).status) for key in keys)))

    assert ("ERRORED", "ERRORED") in seen
    assert {get(cloud, key).status for key in keys} == {Status.FAILED}
    check_rest(cloud)


def test_a_fan_out_has_as_many_slots_as_it_runs_subtasks_at_a_time() -> None:
    with InProcessCloud(modules=["limited_tasks"], workers=20) as cloud:
        limited_tasks.reset(cloud)
        key = fan_out(cloud, "lim-three", range(20), batch_size=2)
        most = 0
        while cloud.step() or cloud._pass_time():
            check_counts(cloud, {f"{TENANT}#lim-three#": 3})
            most = max(most, held(cloud).get(f"{TENANT}#lim-three#", 0))

        assert most == 3
        assert get(cloud, key).attributes["counts"]["completed"] == 20
        assert limited_tasks.MOST["lim-three"] == 3
        check_rest(cloud)


def test_a_fan_out_waits_until_all_its_slots_are_free(cloud: InProcessCloud) -> None:
    first = submit(cloud, "lim-three", 1)
    deliver(cloud)
    key = fan_out(cloud, "lim-three", range(4), max_concurrency=3)
    deliver(cloud)
    assert get(cloud, key).status is Status.PARKED
    cloud.run()

    assert get(cloud, first).status is get(cloud, key).status is Status.COMPLETED
    check_rest(cloud)


@pytest.mark.parametrize("lost", ["records", "messages"])
def test_a_sweep_finds_slots_that_nobody_may_keep(cloud: InProcessCloud, lost: str) -> None:
    first, second = two(cloud)
    if lost == "records":
        cloud.service.cancel(key=first)
        cloud.stream.take(1_000)
    else:
        for queue in cloud.queues.queues.values():
            queue.clear()
    assert get(cloud, second).status is Status.PARKED
    cloud.now += 2 * 86_400_000

    sweep = cloud.wiring.sweeper.sweep()
    assert not sweep.errors
    cloud.run()

    assert get(cloud, second).status is Status.COMPLETED
    check_rest(cloud)


def test_a_limited_type_is_left_to_workers(cloud: InProcessCloud) -> None:
    task = CreateTask(tenant_code=TENANT, task_type="lim-one", input=1)
    with pytest.raises(InvalidRequest, match="are limited: they wait for their turn"):
        cloud.service.create_task(task=task, execute_now=True)
