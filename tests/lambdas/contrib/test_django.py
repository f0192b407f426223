"""Django's tasks, by the backport on Python 3.11 and by Django 6 itself where that is installed."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import pytest

os.environ["DJANGO_SETTINGS_MODULE"] = "django_settings"
django.setup()
del os.environ["DJANGO_SETTINGS_MODULE"]  # the programs that other tests start have their own

from django.test import override_settings  # noqa: E402  # Django wants to be set up first
from django_shop import TENANT, tasks  # noqa: E402
from network import URL, Network  # noqa: E402

from taskmill import connected  # noqa: E402
from taskmill.client import TaskClient  # noqa: E402
from taskmill.contrib.django.interface import (  # noqa: E402
    InvalidTask,
    TaskResultDoesNotExist,
    task_enqueued,
    task_finished,
    task_started,
)
from taskmill.errors import InvalidRequest  # noqa: E402
from taskmill.testing import InProcessCloud  # noqa: E402


@pytest.fixture(params=["service", "http"])
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    tasks.RUNS.clear()
    with InProcessCloud(["django_worker"], pools={}) as cloud:
        if request.param == "service":
            yield cloud
            return
        network = Network(cloud, idle=True)
        with (
            TaskClient(URL, tenant="other", token="made-up", transport=network) as client,
            connected(client),
        ):
            yield cloud


def test_a_task_runs_and_gives_its_result(cloud: InProcessCloud) -> None:
    result = tasks.add.enqueue(20, second=22)
    assert (result.status, result.is_finished) == ("READY", False)
    assert result.enqueued_at is not None

    cloud.run()
    result.refresh()

    assert result.status == "SUCCESSFUL"
    assert result.return_value == 42
    assert (result.args, result.kwargs) == ([20], {"second": 22})
    assert result.attempts == 1
    assert result.started_at <= result.last_attempted_at <= result.finished_at
    assert result.errors == []


def test_it_is_found_by_its_id(cloud: InProcessCloud) -> None:
    told = tasks.add.enqueue(1).id
    cloud.run()

    found = tasks.add.get_result(told)

    assert found.return_value == 2
    assert found.task.func is tasks.add.func


def test_it_can_be_enqueued_and_read_by_async_views(cloud: InProcessCloud) -> None:
    async def view() -> Any:
        result = await tasks.wait_and_add.aenqueue(1, 2)
        await asyncio.to_thread(cloud.run)
        return await tasks.wait_and_add.aget_result(result.id)

    assert asyncio.run(view()).return_value == 3


def test_a_queue_is_a_task_type_with_settings_of_its_own(cloud: InProcessCloud) -> None:
    result = tasks.report.enqueue("x" * 20_000)  # an input that is not in the row

    (stored,) = cloud.service.list_items_by_pk(tenant_code="mbc").items
    assert (stored.type, stored.priority) == ("django-reports", "high")
    assert stored.name == "django_shop.tasks.report"
    cloud.run()
    result.refresh()
    assert result.return_value["length"] == 20_000
    assert tasks.report.get_result(result.id).args == ["x" * 20_000]


@pytest.mark.parametrize(
    ("priority", "stored"),
    [(-100, "low"), (-1, "low"), (0, None), (1, "high"), (50, "high"), (51, "urgent")],
)
def test_priorities_become_lanes(cloud: InProcessCloud, priority: int, stored: str | None) -> None:
    tasks.add.using(priority=priority).enqueue(1)

    (task,) = cloud.service.list_items_by_pk(tenant_code="mbc").items
    assert task.priority == stored


def test_run_after_delays_a_task(cloud: InProcessCloud) -> None:
    later = datetime.fromtimestamp(cloud.now / 1000, UTC) + timedelta(hours=2)
    result = tasks.add.using(run_after=later).enqueue(1)

    cloud.advance(seconds=7_000)
    result.refresh()
    assert result.status == "READY"
    cloud.advance(seconds=300)
    result.refresh()
    assert result.status == "SUCCESSFUL"


def test_a_task_is_tried_again_and_knows_its_attempt(cloud: InProcessCloud) -> None:
    result = tasks.second_time.enqueue(7)

    cloud.run()
    result.refresh()

    assert tasks.RUNS == [1, 2]
    assert (result.return_value, result.attempts) == (2, 2)


def test_a_failed_task_has_the_class_of_its_error_and_where_it_was_raised(
    cloud: InProcessCloud,
) -> None:
    own, pythons = tasks.refused.enqueue(7), tasks.divided.enqueue(0)

    cloud.run()
    own.refresh()
    pythons.refresh()

    assert own.status == pythons.status == "FAILED"
    assert own.errors[0].exception_class is tasks.PaymentRefused
    assert "in refused" in own.errors[0].traceback
    assert pythons.errors[0].exception_class is ZeroDivisionError
    with pytest.raises(ValueError, match="failed"):
        _ = own.return_value


def test_a_cancelled_task_has_failed(cloud: InProcessCloud) -> None:
    result = tasks.add.enqueue(1)
    (stored,) = cloud.service.list_items_by_pk(tenant_code="mbc").items
    cloud.service.cancel(key=stored.key)

    result.refresh()

    assert result.status == "FAILED"


def test_what_is_not_json_is_refused(cloud: InProcessCloud) -> None:
    with pytest.raises(TypeError, match="Unsupported type"):
        tasks.add.enqueue(object())

    assert cloud.service.list_items_by_pk(tenant_code="mbc").items == ()


def test_a_queue_that_the_settings_do_not_have_is_refused() -> None:
    with pytest.raises(InvalidTask, match="mails"):
        tasks.add.using(queue_name="mails")


def test_a_tenant_finds_its_own_tasks_only(cloud: InProcessCloud) -> None:
    result = tasks.add.enqueue(1)
    token = TENANT.set("other")
    try:
        with pytest.raises(TaskResultDoesNotExist):
            tasks.add.get_result(result.id)
        tasks.add.enqueue(2)
    finally:
        TENANT.reset(token)

    assert len(cloud.service.list_items_by_pk(tenant_code="other").items) == 1


@pytest.mark.parametrize("id_", ["", "nobody", "django:nobody", "double:1", "django:a/b", "a#b:c"])
def test_an_id_of_nothing_is_not_found(cloud: InProcessCloud, id_: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        tasks.add.get_result(id_)


@pytest.mark.parametrize("path", ["nowhere.at_all", "django_shop.tasks.no_task", "", "os.system"])
def test_only_functions_that_are_tasks_are_run(cloud: InProcessCloud, path: str) -> None:
    from taskmill.models import CreateTask

    task = CreateTask(tenant_code="mbc", task_type="django", input={"path": path})
    key = cloud.service.create_task(task=task).key
    cloud.run()

    failed = cloud.service.get_task(key=key)
    assert failed.status == "FAILED"
    assert failed.attempts == 1  # another attempt would find it no better
    assert "Django task" in failed.attributes["error"]["message"]  # type: ignore[index,call-overload]


def test_signals_are_those_of_any_backend(cloud: InProcessCloud) -> None:
    told: list[tuple[str, str]] = []

    def note(name: str) -> Any:
        def receive(task_result: Any, **_: Any) -> None:
            told.append((name, str(task_result.status)))

        return receive

    signals = {"enqueued": task_enqueued, "started": task_started, "finished": task_finished}
    receivers = {name: note(name) for name in signals}
    for name, signal in signals.items():
        signal.connect(receivers[name])
    try:
        tasks.second_time.enqueue(1)
        cloud.run()
    finally:
        for name, signal in signals.items():
            signal.disconnect(receivers[name])

    assert told == [
        ("enqueued", "READY"),
        ("started", "RUNNING"),
        ("started", "RUNNING"),
        ("finished", "SUCCESSFUL"),
    ]


def test_without_a_tenant_it_says_what_to_set() -> None:
    plain = {"default": {"BACKEND": "taskmill.contrib.django.TaskmillBackend"}}
    with (
        InProcessCloud(["django_worker"]),
        override_settings(TASKS=plain),
        pytest.raises(InvalidRequest, match="OPTIONS"),
    ):
        tasks.add.enqueue(1)
