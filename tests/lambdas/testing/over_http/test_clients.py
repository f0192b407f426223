"""Clients of an in-process cloud, as the tests of an application use them."""

import asyncio
from typing import Any

import pytest

from taskmill.client import TaskNotFound
from taskmill.testing import InProcessCloud

LARGE = "x" * 5_000_000


def test_waiting_lets_the_cloud_do_its_work() -> None:
    with InProcessCloud(["client_tasks"]) as cloud, cloud.client("mbc") as client:
        task = client.submit("double", 21)
        assert client.get(task).status == "QUEUED"

        client.wait(task)

        assert client.result(task) == 42


def test_waiting_lets_the_cloud_do_its_work_on_an_event_loop_too() -> None:
    async def go(cloud: InProcessCloud) -> list[Any]:
        async with cloud.async_client("mbc") as client:
            tasks = [await client.submit("double", each) for each in range(5)]
            await asyncio.gather(*map(client.wait, tasks))
            return [await client.result(each) for each in tasks]

    with InProcessCloud(["client_tasks"]) as cloud:
        assert asyncio.run(go(cloud)) == [0, 2, 4, 6, 8]


def test_large_inputs_and_results_pass_by_the_bucket() -> None:
    with InProcessCloud(["watched_tasks"]) as cloud, cloud.client("mbc") as client:
        fan_out = client.map("watched-echo", [LARGE])
        client.wait(fan_out)

        assert [client.result(each) for each in client.subtasks(fan_out)] == [len(LARGE)]
        single = client.submit("watched-echo", LARGE[: 1 << 20])
        assert client.input(single) == LARGE[: 1 << 20]


def test_a_tenant_sees_its_own_tasks_only() -> None:
    with InProcessCloud(["client_tasks"]) as cloud, cloud.client("mbc") as client:
        task = client.submit("double", 1)

        with pytest.raises(TaskNotFound):
            client.for_tenant("other").get("double", task.code)
