"""By whichever door a task comes in, its type's limits and a pause hold it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import door_limit_tasks as limited
import pytest
from clouds import TENANT, fan_out, get, submit
from slots import check_counts, check_rest, tasks_of
from triggered import asked, send

from taskmill.client import NewTask
from taskmill.errors import IllegalStatusChange, InvalidRequest
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

COUNT = 4
Door = Callable[[InProcessCloud, str], object]


def python(cloud: InProcessCloud, task_type: str) -> None:
    for each in range(COUNT):
        submit(cloud, task_type, each)


def over_http(cloud: InProcessCloud, task_type: str) -> None:
    with cloud.client(TENANT) as client:
        for each in range(COUNT):
            client.submit(task_type, each)


def many_at_once(cloud: InProcessCloud, task_type: str) -> None:
    with cloud.client(TENANT) as client:
        client.submit_many([NewTask(task_type=task_type, input=each) for each in range(COUNT)])


def by_parent(parent: str) -> Door:
    return lambda cloud, task_type: submit(cloud, parent, {"type": task_type, "count": COUNT})


def callbacks(cloud: InProcessCloud, task_type: str) -> None:
    for _ in range(COUNT):
        submit(cloud, "door-limited-source", on_success=[task_type])


def subtasks(cloud: InProcessCloud, task_type: str) -> None:
    fan_out(cloud, task_type, range(COUNT), batch_size=1)


def schedules(cloud: InProcessCloud, task_type: str) -> None:
    for each in range(COUNT):
        put_schedule(cloud, f"s-{each}", task_type)
    cloud.advance(seconds=61)
    for each in range(COUNT):
        cloud.service.delete_schedule(tenant_code=TENANT, name=f"s-{each}")


def fired_by_hand(cloud: InProcessCloud, task_type: str) -> None:
    put_schedule(cloud, "by-hand", task_type)
    for _ in range(COUNT):
        cloud.service.fire_schedule(tenant_code=TENANT, name="by-hand")
    cloud.service.delete_schedule(tenant_code=TENANT, name="by-hand")


def put_schedule(cloud: InProcessCloud, name: str, task_type: str) -> None:
    cloud.service.schedule(
        tenant_code=TENANT, name=name, task_type=task_type, expression="rate(1 minute)"
    )


def triggers(cloud: InProcessCloud, task_type: str) -> None:
    for each in range(COUNT):
        send(cloud, asked(task_type, tenant=TENANT, code=f"e-{each}", input=each), times=2)


def retries(cloud: InProcessCloud, task_type: str) -> None:
    limited.FAILING.append(task_type)
    keys = [submit(cloud, task_type, each) for each in range(COUNT)]
    cloud.run()
    assert {get(cloud, key).status for key in keys} == {Status.FAILED}
    cloud.sleep(60)
    forget()
    for key in keys:
        cloud.service.retry(key=key)


def bulk_retries(cloud: InProcessCloud, task_type: str) -> None:
    limited.FAILING.append(task_type)
    keys = [submit(cloud, task_type, each) for each in range(COUNT)]
    cloud.run()
    cloud.sleep(60)
    forget()
    with cloud.client(TENANT) as client:
        client.bulk("retry", keys=keys)


def adopting_parent(cloud: InProcessCloud, task_type: str) -> None:
    """It is cancelled with its children before any of them has begun, and adopts them later."""
    key = submit(cloud, "door-limited-gather", {"type": task_type, "count": COUNT})
    while get(cloud, key).status is not Status.WAITING:
        assert cloud.step()
    cloud.service.cancel(key=key)
    cloud.run()
    assert {row.status for row in tasks_of(cloud)} == {Status.CANCELLED}
    cloud.sleep(60)
    assert limited.STARTS == []
    cloud.service.retry(key=key)


def forget() -> None:
    limited.FAILING.clear()
    limited.STARTS.clear()
    limited.MOST.clear()


DOORS: dict[str, Door] = {
    "Python": python,
    "HTTP": over_http,
    "many at once": many_at_once,
    "gathered children": by_parent("door-limited-gather"),
    "children": by_parent("door-limited-children"),
    "a child's fan-out": by_parent("door-limited-map"),
    "callbacks": callbacks,
    "a fan-out": subtasks,
    "schedules": schedules,
    "a schedule fired by hand": fired_by_hand,
    "triggers": triggers,
    "retries": retries,
    "a bulk of retries": bulk_retries,
    "an adopting parent": adopting_parent,
}


def cloud_with(**options: Any) -> InProcessCloud:
    chaos = Chaos(seed=1, deliveries=2)
    cloud = InProcessCloud(modules=["door_limit_tasks"], chaos=chaos, **options)
    limited.reset(cloud)
    return cloud


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with cloud_with(workers=8) as cloud:
        yield cloud


def ended(cloud: InProcessCloud, task_type: str) -> int:
    """How often tasks of a type were run, all of which must have ended well."""
    assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
    return sum(each == task_type for each, _ in limited.STARTS)


@pytest.mark.parametrize("door", DOORS)
def test_a_limit_of_concurrency_holds(cloud: InProcessCloud, door: str) -> None:
    DOORS[door](cloud, "door-gated")
    while cloud.step() or cloud._pass_time():
        check_counts(cloud, {f"{TENANT}#door-gated#": 1})

    assert ended(cloud, "door-gated") == COUNT
    assert limited.MOST["door-gated"] == 1
    check_rest(cloud)


@pytest.mark.parametrize("task_type", ["door-gated", "door-gated-pooled"])
@pytest.mark.parametrize("door", ["Python", "children", "callbacks", "schedules", "retries"])
def test_a_limit_of_concurrency_holds_in_consumers_and_pools(door: str, task_type: str) -> None:
    where: dict[str, Any] = {"environment": {"TASKMILL_QUEUE_SERVICE": "memory"}}
    if task_type == "door-gated-pooled":
        where = {"pools": {"door-pool": 300}, "workers": 8}
    with cloud_with(**where) as cloud:
        DOORS[door](cloud, task_type)
        while cloud.step() or cloud._pass_time():
            check_counts(cloud, {f"{TENANT}#{task_type}#": 1})

        assert ended(cloud, task_type) == COUNT
        assert limited.MOST[task_type] == 1
        check_rest(cloud)


@pytest.mark.parametrize("door", DOORS)
def test_a_rate_limit_holds(cloud: InProcessCloud, door: str) -> None:
    DOORS[door](cloud, "door-paced")
    cloud.run()

    assert ended(cloud, "door-paced") == COUNT
    times = sorted(at for _, at in limited.STARTS)
    assert all(times[place + 1] - times[place] >= 9_000 for place in range(COUNT - 1))


@pytest.mark.parametrize("door", DOORS)
def test_a_pause_holds(cloud: InProcessCloud, door: str) -> None:
    if "retries" not in door:
        cloud.service.pause(tenant_code=TENANT, task_type="door-held")
        cloud.sleep(20)  # workers hear of it within 15 s
    DOORS[door](cloud, "door-held")
    if "retries" in door:
        cloud.service.pause(tenant_code=TENANT, task_type="door-held")
        cloud.sleep(20)
    cloud.advance(seconds=200)

    assert limited.STARTS == []
    cloud.service.resume(tenant_code=TENANT, task_type="door-held")
    cloud.run()
    assert ended(cloud, "door-held") == COUNT
    check_rest(cloud)


@pytest.mark.parametrize("status", [Status.STARTED, Status.PROCESSING])
def test_a_worker_of_ones_own_does_not_walk_past_a_gate(
    cloud: InProcessCloud, status: Status
) -> None:
    first, second = submit(cloud, "door-gated", 1), submit(cloud, "door-gated", 2)
    with pytest.raises(IllegalStatusChange, match="it has no slot of its concurrency limit yet"):
        cloud.service.update_status(key=first, status=status)
    while cloud.stream.pending():
        cloud.deliver_records()
    with pytest.raises(IllegalStatusChange, match="is PARKED and cannot become"):
        cloud.service.update_status(key=second, status=status)

    cloud.service.update_status(key=first, status=status)
    cloud.service.update_status(key=first, status=Status.COMPLETED)
    cloud.run()
    assert get(cloud, second).status is Status.COMPLETED
    check_rest(cloud)


def test_a_worker_of_ones_own_does_not_start_before_the_rate_lets_it(cloud: InProcessCloud) -> None:
    first, second = submit(cloud, "door-paced", 1), submit(cloud, "door-paced", 2)
    with pytest.raises(IllegalStatusChange, match="by its rate limit it has no start yet"):
        cloud.service.update_status(key=first, status="STARTED")
    while cloud.stream.pending():
        cloud.deliver_records()

    cloud.service.update_status(key=first, status="STARTED")
    cloud.service.update_status(key=first, status="PROCESSING")
    with pytest.raises(IllegalStatusChange, match=r"by its rate limit it starts in 1?[0-9]\.. s"):
        cloud.service.update_status(key=second, status="STARTED")
    cloud.sleep(10)
    cloud.service.update_status(key=second, status="STARTED")


def test_a_worker_of_ones_own_begins_nothing_that_is_paused(cloud: InProcessCloud) -> None:
    begun, key = submit(cloud, "door-held", 1), submit(cloud, "door-held", 2)
    cloud.service.update_status(key=begun, status="STARTED")
    cloud.service.pause(tenant_code=TENANT)
    cloud.sleep(20)

    with pytest.raises(IllegalStatusChange, match="its type or its tenant is paused"):
        cloud.service.update_status(key=key, status="STARTED")
    cloud.service.update_status(key=begun, status="PROCESSING")  # what runs, goes on
    cloud.service.resume(tenant_code=TENANT)
    cloud.service.update_status(key=key, status="STARTED")


@pytest.mark.parametrize("task_type", ["door-gated", "door-paced"])
def test_a_limited_task_is_not_run_in_the_process_that_submits_it(
    cloud: InProcessCloud, task_type: str
) -> None:
    task = CreateTask(tenant_code=TENANT, task_type=task_type, input=1)
    with pytest.raises(InvalidRequest, match="are limited: they wait for their turn"):
        cloud.service.create_task(task=task, execute_now=True)
