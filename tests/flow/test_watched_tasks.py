"""What a web app shows of a task: its progress while it waits, its input, its children."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from network import URL, Network
from watched_tasks import watched_echo, watched_mapper, watched_parent, watched_reporter

from taskmill import TaskHandle, WaitTimeout, connected
from taskmill.client import TaskClient
from taskmill.errors import InvalidRequest, PayloadMissing, TaskNotFound
from taskmill.model.keys import Kind, TaskKey
from taskmill.testing import InProcessCloud

LARGE = "x" * 20_000


@pytest.fixture(params=["service", "http"])
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    with InProcessCloud(["watched_tasks"], environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        if request.param == "service":
            yield cloud
            return
        network = Network(cloud, idle=True)
        client = TaskClient(URL, tenant="mbc", token="made-up", transport=network, sleep=cloud.wait)
        with client, connected(client):
            yield cloud


def figures(handle: TaskHandle) -> tuple[str, int, int, float]:
    progress = handle.progress()
    return progress.status, progress.completed, progress.total, progress.percent


def test_a_parent_that_waits_shows_how_many_of_its_children_have_ended(
    cloud: InProcessCloud,
) -> None:
    handle = watched_parent.submit(4)
    seen = [figures(handle)]
    for _ in range(4):
        cloud.advance(seconds=60)
        seen.append(figures(handle))

    assert seen == [
        ("QUEUED", 0, 0, 0.0),
        ("WAITING", 2, 4, 50.0),
        ("WAITING", 3, 4, 75.0),
        ("COMPLETED", 4, 4, 100.0),
        ("COMPLETED", 4, 4, 100.0),
    ]


def test_a_parent_that_waits_for_a_fan_out_shows_its_subtasks(cloud: InProcessCloud) -> None:
    handle = watched_mapper.submit(30)
    seen = set()
    while (now := figures(handle))[0] != "COMPLETED":
        seen.add(now)
        if not cloud.step():
            cloud.advance(seconds=1)

    waiting = sorted(each for each in seen if each[0] == "WAITING")
    assert waiting[0][1:] == (0, 30, 0.0)
    assert waiting[-1][1:] == (30, 30, 100.0)


def test_what_a_parent_reports_itself_counts_when_it_does_not_wait(
    cloud: InProcessCloud,
) -> None:
    handle = watched_reporter.submit(3)
    cloud.advance(seconds=1)
    assert figures(handle)[:3] == ("WAITING", 1, 3)

    handle.wait()

    assert figures(handle) == ("COMPLETED", 7, 10, 100.0)


def test_many_children_are_counted_from_their_parents_row(cloud: InProcessCloud) -> None:
    handle = watched_parent.submit(150)
    cloud.advance(seconds=60)

    status, done, total, _ = figures(handle)

    assert (status, total) == ("WAITING", 150)
    assert done >= 1


def test_children_are_listed_page_by_page(cloud: InProcessCloud) -> None:
    handle = watched_parent.submit(120)
    cloud.advance(seconds=1)

    children = list(handle.children())

    assert len({each.code for each in children}) == 120
    assert {each.parent for each in children} == {str(handle.key)}


@pytest.mark.parametrize("value", [None, {"a": [1]}, LARGE, "y" * 300_000], ids=range(4))
def test_an_input_of_any_size_can_be_read(cloud: InProcessCloud, value: Any) -> None:
    handle = watched_echo.submit(value)

    assert TaskHandle.of(str(handle)).input() == value


def test_each_subtask_has_its_input(cloud: InProcessCloud) -> None:
    fan_out = watched_echo.map([LARGE, "small", None])
    cloud.run()

    subtasks = [TaskHandle.of(each) for each in fan_out.subtasks()]

    assert [each.input() for each in subtasks] == [LARGE, "small", None]


def test_a_fan_out_has_no_input_of_its_own(cloud: InProcessCloud) -> None:
    fan_out = watched_echo.map([1])

    with pytest.raises(InvalidRequest, match="read the inputs of its subtasks"):
        fan_out.input()


def test_the_input_of_nobody_is_not_found(cloud: InProcessCloud) -> None:
    nobody = TaskKey(Kind.TASK, "mbc", "watched-echo", "nobody")

    for read in (TaskHandle.of(nobody).input, TaskHandle.of(nobody).progress):
        with pytest.raises(TaskNotFound):
            read()


def test_an_input_that_has_expired_is_told(cloud: InProcessCloud) -> None:
    handle = watched_echo.submit("y" * 300_000)
    cloud.bucket.objects.clear()

    with pytest.raises(PayloadMissing, match=r"input of .* has expired"):
        handle.input()


def test_updates_end_with_the_task(cloud: InProcessCloud) -> None:
    seen = [each.status for each in watched_parent.submit(2).updates()]

    assert seen[0] == "QUEUED"
    assert seen[-1] == "COMPLETED"
    assert "WAITING" in seen


def test_updates_can_be_awaited(cloud: InProcessCloud) -> None:
    async def statuses() -> list[str]:
        return [str(each.status) async for each in watched_parent.submit(2).updates_async()]

    assert asyncio.run(statuses())[-1] == "COMPLETED"


def test_updates_end_when_the_time_is_over(cloud: InProcessCloud) -> None:
    handle = watched_parent.submit(3)

    with pytest.raises(WaitTimeout):
        list(handle.updates(timeout_seconds=0))
