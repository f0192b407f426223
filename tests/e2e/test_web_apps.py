"""What web apps do, against the deployed stack: the async client, inputs, progress of parents."""

import asyncio
from pathlib import Path

from deployed import ended

from taskmill.client import AsyncTaskClient, TaskClient

LARGE = "x" * 300_000


def test_an_async_client_submits_follows_and_reads(outputs_file: Path, tenant: str) -> None:
    async def app() -> list[object]:
        async with AsyncTaskClient.from_outputs(outputs_file, tenant=tenant) as client:
            tasks = await asyncio.gather(*(client.submit("echo", each) for each in range(5)))
            await asyncio.gather(*map(client.wait, tasks))
            assert len([task async for task in client.list("echo")]) == 5
            return [await client.result(each) for each in tasks]

    assert asyncio.run(app()) == list(range(5))


def test_a_fan_out_of_an_async_client_may_be_uploaded(outputs_file: Path, tenant: str) -> None:
    elements = [LARGE] * 16  # too large for a request, and below the maximum of this stack

    async def app() -> tuple[str, int]:
        async with AsyncTaskClient.from_outputs(outputs_file, tenant=tenant) as client:
            task = await client.map("echo", elements)
            await client.wait(task)
            first = await anext(client.subtasks(task))
            assert await client.input(first) == LARGE
            return str(task.type), (await client.progress(task)).completed

    assert asyncio.run(app()) == ("echo", 16)


def test_an_input_of_any_size_is_read(client: TaskClient) -> None:
    tasks = [client.submit("echo", each) for each in (None, "small", "y" * 20_000, LARGE)]

    assert [client.input(each) for each in tasks] == [None, "small", "y" * 20_000, LARGE]


def test_a_parent_that_waits_shows_its_fan_out(client: TaskClient) -> None:
    task = client.submit("squares", 200)
    seen = [client.progress(task) for _ in client.updates(task, cap_seconds=0.3)]

    assert ended(client, task).status == "COMPLETED"
    assert {each.total for each in seen if each.status == "WAITING"} <= {0, 200}
    assert seen[-1].percent == 100.0
