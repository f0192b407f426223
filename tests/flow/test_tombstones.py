"""A tombstone is no row: each door passes it over, and a task is stored in its place.

What is stored there is CREATED, so the stream sends it: its first message may be gone.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from clouds import TENANT, get, submit

from taskmill.aws.dynamodb.grouped_claims import GroupedClaims, Wanted
from taskmill.errors import TaskNotFound
from taskmill.handlers import dispatch
from taskmill.handlers import sweep as sweep_handler
from taskmill.model.derived_codes import child_code, derived_code, timed_code
from taskmill.model.keys import Kind, TaskKey
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.work.fires import Fire

Door = Callable[[InProcessCloud], TaskKey]


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        yield cloud


def bury(cloud: InProcessCloud, task_type: str, code: str) -> TaskKey:
    key = TaskKey(Kind.TASK, TENANT, task_type, code)
    assert cloud.wiring.tasks.bury(key, "message-1")
    return key


# Doors that store a task where a tombstone is


def a_submit(cloud: InProcessCloud) -> TaskKey:
    key = bury(cloud, "echo", "c")
    assert submit(cloud, "echo", 1, code="c") == key
    return key


def a_submit_for_later(cloud: InProcessCloud) -> TaskKey:
    key = bury(cloud, "echo", "c")
    submit(cloud, "echo", 1, code="c", delay_seconds=60)
    return key


def a_submit_with_an_idempotency_key(cloud: InProcessCloud) -> TaskKey:
    key = bury(cloud, "echo", "c")
    submit(cloud, "echo", 1, code="c", idempotency_key="k")
    return key


def a_submit_for_this_process(cloud: InProcessCloud) -> TaskKey:
    key = bury(cloud, "echo", "c")
    task = CreateTask(tenant_code=TENANT, task_type="echo", code="c", input=1)
    cloud.service.create_task(task=task, execute_now=True)
    return key


def one_of_many(cloud: InProcessCloud) -> TaskKey:
    key = bury(cloud, "echo", "c7")
    tasks = [
        CreateTask(tenant_code=TENANT, task_type="echo", code=f"c{n}", input=n) for n in range(30)
    ]
    stored = cloud.service.create_tasks(tasks=tasks)
    assert [each.code for each in stored if each.status == "CREATED"] == ["c7"]
    return key


def a_child(cloud: InProcessCloud) -> TaskKey:
    parent = TaskKey(Kind.TASK, TENANT, "reads-a-large-child", "p")
    key = bury(cloud, "sized", child_code(parent, "00000"))
    submit(cloud, parent.type, code=parent.code)
    cloud.run()
    assert get(cloud, parent).status == "COMPLETED"
    return key


def a_callback(cloud: InProcessCloud) -> TaskKey:
    source = TaskKey(Kind.TASK, TENANT, "sized", "s")
    key = bury(cloud, "echo", derived_code(str(source), 1, "echo"))
    submit(cloud, "sized", 1, code="s", on_success=["echo"])
    cloud.run()
    return key


def a_fire(cloud: InProcessCloud) -> TaskKey:
    cloud.service.schedule(
        expression="rate(1 day)", tenant_code=TENANT, name="nightly", task_type="echo"
    )
    at = cloud.now
    key = bury(cloud, "echo", timed_code(at, "schedule", TENANT, "nightly", at))
    cloud.wiring.fires.submit(Fire(TENANT, "nightly", at))
    return key


STORING: list[Door] = [
    a_submit,
    a_submit_for_later,
    a_submit_with_an_idempotency_key,
    a_submit_for_this_process,
    one_of_many,
    a_child,
    a_callback,
    a_fire,
]


@pytest.mark.parametrize("door", STORING)
def test_a_task_is_stored_in_its_place_and_the_stream_sends_it(
    cloud: InProcessCloud, door: Door
) -> None:
    key = door(cloud)
    for messages in cloud.queues.queues.values():
        messages.clear()  # what was sent before the put is gone, as the tombstone says

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


# Doors that read or change a task


def a_report(cloud: InProcessCloud, key: TaskKey) -> Any:
    return cloud.service.update_status(key=key, status="STARTED")


CHANGING: list[Callable[[InProcessCloud, TaskKey], Any]] = [
    get,
    a_report,
    lambda cloud, key: cloud.service.cancel(key=key),
    lambda cloud, key: cloud.service.retry(key=key),
    lambda cloud, key: cloud.wiring.tasks.amend(key, {"note": 1}),
    lambda cloud, key: cloud.wiring.claims.claim(key, fence="f", lease_until=1, max_attempts=3),
]


@pytest.mark.parametrize(
    "door", CHANGING, ids=["get", "report", "cancel", "retry", "amend", "claim"]
)
def test_to_who_asks_for_it_there_is_no_such_task(
    cloud: InProcessCloud, door: Callable[[InProcessCloud, TaskKey], Any]
) -> None:
    key = bury(cloud, "echo", "c")

    with pytest.raises(TaskNotFound):
        door(cloud, key)
    assert cloud.wiring.table.get(key.stored) is None


def test_a_shared_claim_passes_it_over(cloud: InProcessCloud) -> None:
    key, other = bury(cloud, "echo", "c"), submit(cloud, "echo", 1)
    claims = GroupedClaims(cloud.wiring.table, retention_days=1, logger=None)
    wanted = [
        Wanted(key=each, fence="f", lease_until=cloud.now + 1_000, max_attempts=3)
        for each in (key, other)
    ]

    nothing, row = claims.claim_many(wanted)

    assert nothing is None
    assert row is not None
    assert row.key == other


def test_lists_skip_it(cloud: InProcessCloud) -> None:
    bury(cloud, "echo", "a")
    keys = [submit(cloud, "echo", n, code=f"b{n}") for n in range(3)]

    listed = cloud.service.list_items_by_pk(tenant_code=TENANT).items

    assert {each.key for each in listed} == set(keys)


def test_the_dispatcher_and_the_sweep_leave_it_alone(cloud: InProcessCloud) -> None:
    key = bury(cloud, "echo", "c")
    cloud.now += 86_400_000

    cloud.run()
    assert cloud.invoke(dispatch.handler, {"Records": cloud.table.records}) is not None
    assert cloud.invoke(sweep_handler.handler, {}, seconds=900)["done"] == {}

    assert not cloud.queues.queues.get("queue")
    assert not cloud.queues.queues.get("failures")
    assert len(cloud.table.records) == 1
    assert cloud.wiring.tasks.bury(key, "message-2")  # a message that comes later is dropped, too


def test_a_task_in_its_place_is_new_to_the_dispatcher(cloud: InProcessCloud) -> None:
    """The old image is a tombstone: no row, so the task is sent as any that was just created."""
    bury(cloud, "echo", "c")
    cloud.run()
    submit(cloud, "echo", 1, code="c")
    cloud.stream.pending()
    (record,) = cloud.stream.take(100)
    assert record["eventName"] == "MODIFY"
    assert record["dynamodb"]["OldImage"]["row"] == {"S": "VOID"}
