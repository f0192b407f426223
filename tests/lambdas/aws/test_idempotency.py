import threading

import pytest
from builders import any_code, any_fan_out, any_task, any_tenant
from moto_cloud import BOTH_TABLES

from taskmill.errors import Conflict, IdempotencyConflict, TaskExists
from taskmill.models import Task
from taskmill.testing import InProcessCloud

DAY_MS = 86_400_000


def keys_stored(cloud: InProcessCloud, tenant: str) -> int:
    return len(cloud.service.list_items_by_pk(tenant_code=tenant).items)


@BOTH_TABLES
def test_the_same_key_gives_the_same_task(cloud: InProcessCloud) -> None:
    task = any_task(input={"a": 1}, idempotency_key="r-17")

    first = cloud.service.create_task(task=task)
    cloud.service.update_status(key=first.key, status="PROCESSING")
    again = cloud.service.create_task(task=task)

    assert again.key == first.key
    assert again.status == "PROCESSING"  # as it stands now
    assert keys_stored(cloud, task.tenant_code) == 1


@BOTH_TABLES
@pytest.mark.parametrize(
    "other", [{"input": 2}, {"task_type": "import"}, {"delay_seconds": 5}, {"notify": "none"}]
)
def test_the_same_key_for_another_request_is_refused(
    cloud: InProcessCloud, other: dict[str, object]
) -> None:
    task = any_task(input=1, idempotency_key="r-17")
    cloud.service.create_task(task=task)

    with pytest.raises(IdempotencyConflict, match="was used for another request"):
        cloud.service.create_task(task=task.model_copy(update=other))

    assert keys_stored(cloud, task.tenant_code) == 1


@BOTH_TABLES
def test_a_single_task_and_a_fan_out_share_no_key(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    cloud.service.create_task(task=any_task(tenant_code=tenant, idempotency_key="k"))

    with pytest.raises(IdempotencyConflict):
        cloud.service.create_step_function_task(
            task=any_fan_out(tenant_code=tenant, idempotency_key="k")
        )


@BOTH_TABLES
def test_tenants_do_not_share_keys(cloud: InProcessCloud) -> None:
    one, other = (
        cloud.service.create_task(task=any_task(idempotency_key="k#1", input=number))
        for number in (1, 2)
    )

    assert one.tenant_code != other.tenant_code


@BOTH_TABLES
def test_a_day_later_a_key_may_be_used_again(cloud: InProcessCloud) -> None:
    task = any_task(idempotency_key="daily")
    first = cloud.service.create_task(task=task)

    cloud.now += DAY_MS - 1_000
    assert cloud.service.create_task(task=task).key == first.key
    cloud.now += 3_000  # DynamoDB has not deleted it yet
    assert cloud.service.create_task(task=task).key != first.key


@BOTH_TABLES
def test_a_fan_out_with_a_key_is_stored_once(cloud: InProcessCloud) -> None:
    task = any_fan_out(idempotency_key="k")

    first, again = (cloud.service.create_step_function_task(task=task) for _ in range(2))

    assert first.key == again.key


def test_of_two_submits_at_once_one_stores_and_both_get_its_task(cloud: InProcessCloud) -> None:
    task = any_task(idempotency_key="race", input="x" * 2_000)
    both_ready, tasks = threading.Barrier(2), list[Task]()

    def submit() -> None:
        both_ready.wait()
        tasks.append(cloud.service.create_task(task=task))

    threads = [threading.Thread(target=submit) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tasks[0].key == tasks[1].key
    assert keys_stored(cloud, task.tenant_code) == 1


@BOTH_TABLES
def test_a_code_of_the_caller_s_own_gives_the_same_task(cloud: InProcessCloud) -> None:
    task = any_task(code=any_code(), input="x" * 2_000)

    first, again = (cloud.service.create_task(task=task) for _ in range(2))

    assert first == again


@BOTH_TABLES
def test_a_code_that_another_request_has_is_refused(cloud: InProcessCloud) -> None:
    task = any_task(code=any_code(), input=1)
    cloud.service.create_task(task=task)

    with pytest.raises(TaskExists):
        cloud.service.create_task(task=task.model_copy(update={"input": 2}))
    with pytest.raises(Conflict):
        cloud.service.create_task(
            task=task.model_copy(update={"input": 2, "idempotency_key": "new"})
        )


@BOTH_TABLES
def test_many_are_stored_at_once_each_as_if_alone(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    keyed = any_task(tenant_code=tenant, idempotency_key="k", input="keyed")
    earlier = cloud.service.create_task(task=keyed)
    plain = [any_task(tenant_code=tenant, input=number) for number in range(30)]

    found = cloud.service.create_tasks(tasks=[keyed, *plain])

    assert found[0].key == earlier.key
    assert [each.input for each in found[1:]] == list(range(30))
    assert keys_stored(cloud, tenant) == 31


@BOTH_TABLES
def test_two_requests_under_one_code_are_refused_within_one_call_too(
    cloud: InProcessCloud,
) -> None:
    task = any_task(code=any_code(), input=1)

    with pytest.raises(TaskExists):
        cloud.service.create_tasks(tasks=[task, task.model_copy(update={"input": 2})])

    same = cloud.service.create_tasks(tasks=[task, task])
    assert [each.input for each in same] == [1, 1]
