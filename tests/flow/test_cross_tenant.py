"""A task function that acts for another tenant leaves its trace, or is refused."""

from collections.abc import Iterator

import pytest

from taskmill.functions.running import RUNNING
from taskmill.model.keys import Kind, TaskKey
from taskmill.models import CreateTask, InvokeContext, Task
from taskmill.testing import InProcessCloud

SUBMITTING = ["tenant-submits", "tenant-submits-async", "tenant-submits-many", "tenant-maps"]
ACTING = [*SUBMITTING, "tenant-schedules", "tenant-registers"]


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["tenant_tasks"]) as cloud:
        yield cloud


def submit(cloud: InProcessCloud, task_type: str, tenant: str, *, user: str | None = "me") -> Task:
    """A task of tenant `a` that acts for `tenant`, once everything is done."""
    task = CreateTask(tenant_code="a", task_type=task_type, input=tenant, log_ids={"order": "4711"})
    context = InvokeContext(user=user, source_ip="192.0.2.1", request_id="r-1")
    key = cloud.service.create_task(task=task, invoke_context=context).key
    cloud.run()
    return cloud.service.get_task(key=key)


def there(cloud: InProcessCloud, tenant: str, task_type: str = "tenant-submits") -> Task:
    kind = Kind.SFN_TASK if task_type == "tenant-maps" else Kind.TASK
    return cloud.service.get_task(key=TaskKey(kind, tenant, "tenant-told", "there"))


@pytest.mark.parametrize("task_type", SUBMITTING)
def test_what_is_submitted_for_another_tenant_tells_who_did_it(
    cloud: InProcessCloud, task_type: str
) -> None:
    source = submit(cloud, task_type, "b")

    made = there(cloud, "b", task_type)
    assert made.status == "COMPLETED"
    assert (made.parent, made.created_by) == (str(source.key), "me")
    assert (made.request_id, made.created_ip) == ("r-1", "192.0.2.1")
    assert made.log_ids is not None
    assert made.log_ids["order"] == "4711"


def test_own_log_ids_are_kept_beside_those_of_the_source(cloud: InProcessCloud) -> None:
    submit(cloud, "tenant-submits", "b")

    assert there(cloud, "b").log_ids == {"order": "4711", "own": "1"}


def test_without_a_user_the_task_itself_is_named(cloud: InProcessCloud) -> None:
    source = submit(cloud, "tenant-submits", "b", user=None)

    assert there(cloud, "b").created_by == str(source.key)


def test_what_is_submitted_for_the_own_tenant_is_as_before(cloud: InProcessCloud) -> None:
    submit(cloud, "tenant-submits", "a")

    made = there(cloud, "a")
    assert (made.parent, made.created_by, made.log_ids) == (None, None, {"own": "1"})


def test_a_tenant_does_not_see_the_tasks_of_another_among_its_children(
    cloud: InProcessCloud,
) -> None:
    source = submit(cloud, "tenant-submits", "b")

    assert cloud.service.list_children(key=source.key) == []
    assert source.child_count is None


def test_a_schedule_and_a_mapping_tell_who_made_them_too(cloud: InProcessCloud) -> None:
    submit(cloud, "tenant-schedules", "b")
    submit(cloud, "tenant-registers", "b")

    assert cloud.service.get_schedule(tenant_code="b", name="there").created_by == "me"
    (mapping,) = cloud.service.list_callbacks(tenant_code="b", task_type="tenant-told")
    assert mapping.created_by == "me"


@pytest.mark.parametrize("task_type", ACTING)
def test_a_stack_may_refuse_it(task_type: str) -> None:
    environment = {"TASKMILL_CROSS_TENANT_SUBMITS": "0"}
    with InProcessCloud(modules=["tenant_tasks"], environment=environment) as cloud:
        source = submit(cloud, task_type, "b")

        error = source.attributes["error"]
        assert isinstance(error, dict)
        assert error["type"] == "Forbidden"
        assert "may not act for tenant 'b'" in str(error["message"])
        keys = {record["dynamodb"]["Keys"]["pk"]["S"] for record in cloud.stream.seen}
        assert not [key for key in keys if key.split("#")[1] == "b"]
        assert submit(cloud, task_type, "a").status == "COMPLETED"


def test_nothing_is_running_when_a_task_has_ended(cloud: InProcessCloud) -> None:
    task = CreateTask(tenant_code="a", task_type="tenant-told")
    cloud.service.create_task(task=task, execute_now=True)

    assert RUNNING.get() is None
