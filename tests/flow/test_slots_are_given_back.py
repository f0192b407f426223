"""Every way out of a status in which a task holds slots gives them back, to the one who waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import limited_tasks
import pytest
from clouds import TENANT, fan_out, get, submit
from slots import check_counts, check_rest, deliver, held

from taskmill.handlers import sweep
from taskmill.model.flow_control.admission import HOLDING
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, MOVES, RETRYABLE, RUNNING, Status
from taskmill.testing import InProcessCloud

ONE = f"{TENANT}#lim-one#"
HELD = (Status.CREATED, *sorted(HOLDING))
REPORTS = [(source, target) for source in HELD for target in sorted(MOVES[source])]


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["limited_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        yield cloud


def holder(cloud: InProcessCloud, status: Status) -> tuple[TaskKey, TaskKey]:
    """A task that holds the slot in this status, and one that is PARKED behind it."""
    first = submit(cloud, "lim-one", 1)
    deliver(cloud)
    key = first
    if status is Status.CREATED:  # it was given the slot, which nobody has been told of
        key = submit(cloud, "lim-one", 2)
        deliver(cloud)
    waiting = submit(cloud, "lim-one", 3)
    deliver(cloud)
    if status in RUNNING:
        cloud.service.update_status(key=key, status=status)
    if status is Status.CREATED:
        cloud.service.cancel(key=first)
        cloud.wiring.releaser.release([cloud.wiring.tasks.get(first)])
    row = cloud.wiring.tasks.get(key)
    assert (row.status, row.slots) == (status, 1)
    assert get(cloud, waiting).status is Status.PARKED
    return key, waiting


@pytest.mark.parametrize(("source", "target"), REPORTS, ids=[f"{a}-{b}" for a, b in REPORTS])
def test_a_report_of_any_status_keeps_the_slot_or_gives_it_to_the_next(
    cloud: InProcessCloud, source: Status, target: Status
) -> None:
    key, waiting = holder(cloud, source)

    cloud.service.update_status(key=key, status=target)
    deliver(cloud)

    check_counts(cloud, {ONE: 1})
    row = cloud.wiring.tasks.get(key)
    if row.status in HOLDING:
        assert (row.slots, get(cloud, waiting).status) == (1, Status.PARKED)
    else:
        assert (row.slots, get(cloud, waiting).status) == (None, Status.QUEUED)
    while cloud.step() or cloud._pass_time():
        check_counts(cloud, {ONE: 1})
    assert get(cloud, waiting).status is Status.COMPLETED
    assert get(cloud, key).status in FINAL
    check_rest(cloud)


@pytest.mark.parametrize("status", HELD)
@pytest.mark.parametrize("told", [True, False], ids=["told", "not told yet"])
def test_a_cancel_gives_the_slot_back_and_a_retry_asks_anew(
    cloud: InProcessCloud, status: Status, *, told: bool
) -> None:
    key, waiting = holder(cloud, status)

    cloud.service.cancel(key=key)
    if told:
        deliver(cloud)
        assert get(cloud, waiting).status is Status.QUEUED
    cloud.service.retry(key=key)
    while cloud.step() or cloud._pass_time():
        check_counts(cloud, {ONE: 1})

    assert {get(cloud, each).status for each in (key, waiting)} == {Status.COMPLETED}
    check_rest(cloud)


def failed(cloud: InProcessCloud) -> TaskKey:
    return submit(cloud, "lim-fails", 1)


def suspended(cloud: InProcessCloud) -> TaskKey:
    return submit(cloud, "lim-parent", 2)


def fanned_out(cloud: InProcessCloud) -> TaskKey:
    return fan_out(cloud, "lim-three", range(5), max_concurrency=2)


def crossing(cloud: InProcessCloud) -> TaskKey:
    return submit(cloud, "lim-left", 1)


@pytest.mark.parametrize("make", [failed, suspended, fanned_out, crossing])
def test_an_attempt_that_ends_in_any_way_gives_its_slots_back(
    cloud: InProcessCloud, make: Callable[[InProcessCloud], TaskKey]
) -> None:
    keys = [make(cloud) for _ in range(3)]
    while cloud.step() or cloud._pass_time():
        check_counts(cloud)

    assert {get(cloud, key).status for key in keys} <= FINAL
    assert held(cloud) == {}
    check_rest(cloud)


@pytest.mark.parametrize("make", [suspended, fanned_out, crossing])
def test_a_cancel_at_any_step_gives_all_slots_back(
    cloud: InProcessCloud, make: Callable[[InProcessCloud], TaskKey]
) -> None:
    keys = [make(cloud) for _ in range(8)]
    steps = 0
    while cloud.step() or cloud._pass_time():
        check_counts(cloud)
        steps += 1
        open_ones = [key for key in keys if get(cloud, key).status not in FINAL]
        if steps % 3 == 0 and open_ones:
            cloud.service.cancel(key=open_ones[0])

    assert {get(cloud, key).status for key in keys} & RETRYABLE
    assert held(cloud) == {}
    check_rest(cloud)


@pytest.mark.parametrize("end", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_slots_that_an_end_left_behind_are_swept_long_before_its_row_expires(
    cloud: InProcessCloud, end: Status
) -> None:
    """All that follows from the end is lost; the row would take its slots along when it goes."""
    key, waiting = holder(cloud, Status.STARTED)
    cloud.service.update_status(key=key, status=end)
    while cloud.stream.pending():
        cloud.stream.take(100)
    cloud.now += 2 * 3_600_000

    row = cloud.wiring.tasks.get(key)
    assert row.slots == 1
    assert row.ttl is not None
    assert row.ttl * 1000 >= cloud.now + 20 * 3_600_000  # a stack with such types sweeps every day
    assert cloud.invoke(sweep.handler, {}, seconds=900)["done"] == {"released": 1}
    cloud.run()
    assert get(cloud, waiting).status is Status.COMPLETED
    check_rest(cloud)


def test_waiters_whose_tasks_are_gone_do_not_block_the_line(cloud: InProcessCloud) -> None:
    """TTL removes rows, of which no record comes."""
    first = submit(cloud, "lim-one", 1)
    deliver(cloud)
    gone, last = submit(cloud, "lim-one", 2), submit(cloud, "lim-one", 3)
    deliver(cloud)
    cloud.wiring.table.client.delete_item(
        TableName=cloud.wiring.table.name,
        Key={name: {"S": each} for name, each in gone.stored._asdict().items()},
    )
    cloud.run()

    assert {get(cloud, key).status for key in (first, last)} == {Status.COMPLETED}
    check_rest(cloud)
