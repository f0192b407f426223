"""Worker pools: a task goes to its type's pool by every door, or is refused at each."""

from collections.abc import Callable, Iterator
from typing import Any

import pool_tasks
import pytest
from clouds import TENANT, fan_out, get, result, statuses, submit

from taskmill.client import NewTask, TaskClient
from taskmill.errors import InvalidRequest, UnknownPool
from taskmill.model.pools import pool_of
from taskmill.models import Task
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.http import InProcessApi

POOLS = {"large": 900, "quite-small": 60}
WITH_GPU = {
    "TASKMILL_POOLS": "large,gpu:container",
    "TASKMILL_POOL_GPU_URL": "pool-gpu",
    "TASKMILL_POOL_GPU_ARN": "arn:pool:gpu",
}


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    pool_tasks.TRIED.clear()
    environment = {"TASKMILL_TENANT": TENANT}
    with InProcessCloud(["pool_tasks"], pools=POOLS, environment=environment) as cloud:
        yield cloud


def waiting_in(cloud: InProcessCloud, url: str) -> int:
    """Messages on a queue, once the dispatcher has sent them."""
    while cloud.stream.pending():
        cloud.deliver_records()
    return len(cloud.queues.queues.get(url, []))


def tasks(cloud: InProcessCloud, task_type: str) -> list[Task]:
    stored = cloud.service.list_items_by_pk(tenant_code=TENANT).items
    return [each for each in stored if each.type == task_type]


def test_a_task_goes_to_the_queue_of_its_pool(cloud: InProcessCloud) -> None:
    key = submit(cloud, "in-large", 7)

    assert waiting_in(cloud, "pool-large") == 1
    assert waiting_in(cloud, "queue") == 0
    cloud.run()
    assert (get(cloud, key).status, get(cloud, key).pool) == ("COMPLETED", "large")


def test_a_task_without_a_pool_runs_as_ever(cloud: InProcessCloud) -> None:
    key = submit(cloud, "in-none", 7)

    assert waiting_in(cloud, "queue") == 1
    cloud.run()
    assert (get(cloud, key).status, get(cloud, key).pool) == ("COMPLETED", None)


def test_an_attempt_has_the_time_of_its_pool(cloud: InProcessCloud) -> None:
    """Twice what the stack's own workers have."""
    key = submit(cloud, "long-in-large", 600)

    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).attempts) == ("COMPLETED", 1)


def test_the_views_of_every_door_tell_the_pool(cloud: InProcessCloud) -> None:
    path = f"/v1/tenants/{TENANT}/tasks"
    answer = InProcessApi().post(path, {"taskType": "in-large", "input": 1})

    assert answer.body["pool"] == "large"


def test_a_child_runs_in_the_pool_of_its_type(cloud: InProcessCloud) -> None:
    key = submit(cloud, "starts-in-large", 7, priority="high")

    cloud.run()

    assert result(cloud, key) == 7
    (child,) = cloud.service.list_children(key=key)
    assert (child.pool, child.priority) == ("large", None)  # a pool has one queue


def test_a_callback_runs_in_the_pool_of_its_type(cloud: InProcessCloud) -> None:
    submit(cloud, "then-both", 7)

    cloud.run()

    (callback,) = tasks(cloud, "in-large")
    assert (callback.pool, callback.status) == ("large", "COMPLETED")


def test_the_tasks_of_a_schedule_run_in_the_pool_of_their_type(cloud: InProcessCloud) -> None:
    cloud.service.schedule(
        tenant_code=TENANT, name="hourly", task_type="in-large", expression="rate(1 hour)", input=1
    )

    cloud.advance(seconds=2 * 3_600)

    assert {(each.pool, each.status) for each in tasks(cloud, "in-large")} == {
        ("large", "COMPLETED")
    }


def test_a_task_for_much_later_comes_to_the_queue_of_its_pool(cloud: InProcessCloud) -> None:
    """By EventBridge Scheduler, which sends to queues by their ARNs."""
    key = submit(cloud, "in-large", 7, delay_seconds=7_200)

    assert waiting_in(cloud, "pool-large") == 1
    assert [each.visible_at > cloud.now for each in cloud.queues.queues["pool-large"]] == [True]
    cloud.run()
    assert get(cloud, key).status == "COMPLETED"


def test_subtasks_run_in_the_pool_of_their_type(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "in-large", range(10), batch_size=2)

    assert cloud.wiring.splitter.split(key)["pool"] == "large"
    cloud.run()
    assert statuses(cloud, key) == ["COMPLETED"] * 10
    assert "pool" not in cloud.wiring.splitter.split(fan_out(cloud, "in-none", range(2)))


def test_the_subtasks_of_a_map_do_too(cloud: InProcessCloud) -> None:
    key = submit(cloud, "maps-in-large", [1, 2, 3])

    cloud.run()

    assert result(cloud, key) == [1, 2, 3]
    (child,) = cloud.service.list_children(key=key)
    assert child.pool == "large"


@pytest.mark.parametrize("seed", range(3))
def test_a_pool_s_messages_may_come_twice_and_in_any_order(seed: int) -> None:
    chaos = Chaos(deliveries=2, seed=seed)
    with InProcessCloud(["pool_tasks"], pools=POOLS, chaos=chaos) as cloud:
        keys = [submit(cloud, each, 7) for each in ("in-large", "in-none", "starts-in-large") * 3]

        cloud.run()

        assert {get(cloud, key).status for key in keys} == {"COMPLETED"}


# Pools that the stack does not have


def schedule(cloud: InProcessCloud, task_type: str, **options: Any) -> None:
    cloud.service.schedule(
        tenant_code=TENANT, name="n", task_type=task_type, expression="rate(1 hour)", **options
    )


DOORS: dict[str, Callable[[InProcessCloud, TaskClient], Any]] = {
    "the service": lambda cloud, _: submit(cloud, "in-typo", 1),
    "a fan-out": lambda cloud, _: fan_out(cloud, "in-typo", [1]),
    "a function": lambda *_: pool_tasks.in_typo.submit(1),
    "a map of a function": lambda *_: pool_tasks.in_typo.map([1]),
    "the client": lambda _, client: client.submit("in-typo", 1),
    "the client, many": lambda _, client: client.submit_many([NewTask(task_type="in-typo")]),
    "the client, a map": lambda _, client: client.map("in-typo", [1]),
    "a schedule": lambda cloud, _: schedule(cloud, "in-typo"),
    "a schedule by the client": lambda _, client: client.put_schedule(
        "n", "in-typo", "rate(1 hour)"
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_pool_is_refused_at_every_door(
    cloud: InProcessCloud, client: TaskClient, door: str
) -> None:
    with pytest.raises(UnknownPool) as refused:
        DOORS[door](cloud, client)

    assert refused.value.message.endswith(
        "pool: tasks of type 'in-typo' run in the pool 'larg' (did you mean 'large'?); known are:"
        " large, quite-small"
    )
    assert refused.value.details["known"] == ["large", "quite-small"]
    assert tasks(cloud, "in-typo") == []


@pytest.mark.parametrize("how", ["run", "map"])
def test_a_parent_gets_the_refusal_before_anything_is_stored(
    cloud: InProcessCloud, how: str
) -> None:
    key = submit(cloud, "starts-in-typo", how)

    cloud.run()

    assert [type(each) for each in pool_tasks.TRIED] == [UnknownPool]
    assert get(cloud, key).status == "FAILED"
    assert get(cloud, key).attributes["error"]["type"] == "UnknownPool"  # type: ignore[index,call-overload]
    assert not cloud.service.list_children(key=key)


def test_a_callback_that_is_refused_raises_an_alarm_and_leaves_the_others_alone(
    cloud: InProcessCloud,
) -> None:
    submit(cloud, "then-both", 7)

    cloud.run()

    assert len(tasks(cloud, "in-large")) == 1
    assert tasks(cloud, "in-typo") == []
    (alarm,) = cloud.alarms
    assert "run in the pool 'larg'" in alarm["content"]["errorMessage"]


def test_a_fire_of_an_older_schedule_leaves_a_failed_task() -> None:
    """Nobody is there to be refused: the pool was removed after the schedule was made."""
    with InProcessCloud(["pool_tasks"], pools=POOLS) as cloud:
        schedule(cloud, "in-large", input=1)
        del cloud.wiring.registry.pools.kinds["large"]

        cloud.advance(seconds=3_600)

        (task,) = tasks(cloud, "in-large")
        assert (task.status, task.attempts) == ("FAILED", 0)
        assert "run in the pool 'large'" in str(task.attributes["error"])
        assert [each.status for each in task.history] == ["CREATED", "FAILED"]
        assert len(cloud.alarms) == 1


def test_a_task_whose_pool_was_removed_goes_to_the_stack_s_own_workers(
    cloud: InProcessCloud,
) -> None:
    del cloud.wiring.lanes["large"]
    key = submit(cloud, "in-large", 7)

    assert waiting_in(cloud, "queue") == 1
    cloud.run()
    assert get(cloud, key).status == "COMPLETED"


def test_a_sweep_finds_what_is_left_on_the_queue_of_a_removed_pool() -> None:
    """Nobody drains it any more: the message is as good as lost."""
    with InProcessCloud(["pool_tasks"], pools=POOLS) as cloud:
        key = submit(cloud, "in-large", 7)
        assert waiting_in(cloud, "pool-large") == 1
        table = cloud.table
    with InProcessCloud(["pool_tasks"]) as later:
        later.now, later.table = cloud.now + 3 * 3_600_000, table

        assert later.wiring.sweeper.sweep().done == {"sent": 1}
        assert waiting_in(later, "queue") == 1
        later.run()
        assert get(later, key).status == "COMPLETED"


# Priorities


def test_an_urgent_task_of_a_pool_is_refused(cloud: InProcessCloud) -> None:
    for refusing in (
        lambda: submit(cloud, "in-large", 1, priority="urgent"),
        lambda: fan_out(cloud, "in-large", [1], priority="high"),
        lambda: schedule(cloud, "in-large", priority="high"),
    ):
        with pytest.raises(InvalidRequest, match="one queue for all") as refused:
            refusing()
        assert refused.value.details["field"] == "priority"

    assert get(cloud, submit(cloud, "in-large", 1, priority="low")).status == "QUEUED"


def test_an_urgent_child_in_a_pool_is_refused(cloud: InProcessCloud) -> None:
    key = submit(cloud, "starts-urgently", "")

    cloud.run()

    assert "one queue for all" in str(get(cloud, key).attributes["error"])


# Pools of containers


@pytest.fixture
def with_gpu() -> Iterator[InProcessCloud]:
    with InProcessCloud(["pool_tasks"], environment=WITH_GPU) as cloud:
        yield cloud


@pytest.mark.parametrize("task_type", ["in-gpu", "in-gpu-by-pool-only"])
def test_a_pool_of_containers_has_a_queue_that_only_consumers_drain(
    with_gpu: InProcessCloud, task_type: str
) -> None:
    key = submit(with_gpu, task_type, 1)

    assert waiting_in(with_gpu, "pool-gpu") == 1
    assert get(with_gpu, key).runner == "container"
    with_gpu.wiring.consumer(urls=["pool-gpu"]).drain()
    assert get(with_gpu, key).pool == "gpu"


def test_subtasks_do_not_run_in_containers(with_gpu: InProcessCloud) -> None:
    for task_type in ("in-gpu", "in-gpu-by-pool-only", "in-containers"):
        with pytest.raises(InvalidRequest, match="subtasks run on Lambda"):
            fan_out(with_gpu, task_type, [1])


def test_the_runner_container_is_the_pool_container(cloud: InProcessCloud) -> None:
    key = submit(cloud, "in-containers", 1)

    assert (get(cloud, key).runner, get(cloud, key).pool) == ("container", "container")


def test_a_row_of_before_there_were_pools_is_in_the_pool_container(cloud: InProcessCloud) -> None:
    row = cloud.wiring.tasks.get(submit(cloud, "in-none", 1)).but(runner="container")

    assert row.pool is None
    assert pool_of(row) == "container"
