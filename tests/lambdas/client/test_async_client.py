"""What is the async client's own; the other tests of this folder hold for both clients."""

import asyncio
import inspect
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import botocore.credentials
import botocore.session
import httpx
import pytest
from network import URL, Network

from taskmill.client import AsyncTaskClient, Task, TaskClient, TaskFailed, TaskNotFound
from taskmill.errors import Conflict

ASYNC_ONLY = {"aclose"}


class Slow(httpx.AsyncBaseTransport):
    """Passes requests on after a while, as a network does."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.under_way = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(0.05)
            return await self._network.handle_async_request(request)
        finally:
            self.under_way -= 1


async def at_once(seconds: float) -> None:
    await asyncio.sleep(0)


@pytest.fixture
def open_client(network: Network) -> Callable[..., AsyncTaskClient]:
    defaults = {"token": "made-up", "transport": network, "sleep": at_once, "tenant": "mbc"}
    return lambda **options: AsyncTaskClient(URL, **{**defaults, **options})


def public(kind: type) -> dict[str, Any]:
    return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    assert public(AsyncTaskClient).keys() - public(TaskClient).keys() == ASYNC_ONLY
    assert public(TaskClient).keys() <= public(AsyncTaskClient).keys()


@pytest.mark.parametrize("name", [each for each in public(TaskClient) if each != "IS_ASYNC"])
def test_a_method_takes_the_same_arguments_in_both(name: str) -> None:
    blocking, awaited = getattr(TaskClient, name), getattr(AsyncTaskClient, name)
    assert blocking.__doc__ == awaited.__doc__ or name == "close"

    if callable(blocking):
        assert parameters(blocking) == parameters(awaited)


def parameters(function: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(function).parameters.values())


async def calls_of_overviews(
    client: AsyncTaskClient, task: Task, fan_out: Task
) -> AsyncIterator[tuple[str, Any]]:
    yield "lookup", await client.lookup([task])
    yield "tree", await client.tree(task)
    yield "batches", await client.batches(fan_out)
    failed = await client.submit("broken")
    with pytest.raises(TaskFailed):
        await client.wait(failed)
    yield "failures", (failures := [each async for each in client.failures()])
    mark = failures[0].fingerprint or ""
    yield "error_groups", [each async for each in client.error_groups()]
    yield "error_group", await client.error_group(mark)
    yield "ignore_error_group", await client.ignore_error_group(mark)
    yield "resolve_error_group", await client.resolve_error_group(mark)
    yield "reopen_error_group", await client.reopen_error_group(mark)
    yield "count_bulk", await client.count_bulk("retry", fingerprint=mark)
    yield "queue_health", await client.queue_health()
    yield "redrive", await client.redrive()
    with pytest.raises(Conflict):  # it has ended
        await client.cancel_redrive()
    yield "cancel_redrive", None
    yield "bulk", await client.bulk("retry", fingerprint=mark)
    yield "bulks", [each async for each in client.bulks()]


async def calls_of_all_methods(
    client: AsyncTaskClient, network: Network
) -> AsyncIterator[tuple[str, Any]]:
    task = await client.submit("double", 1)
    yield "submit", task
    yield "submit_many", await client.submit_many([])
    yield "map", (fan_out := await client.map("double", [1, 2]))
    yield "get", await client.get("double", task.code)
    yield "list", [each async for each in client.list("double")]
    yield "subtasks", [each async for each in client.subtasks(fan_out)]
    yield "children", [each async for each in client.children(task)]
    yield "progress", await client.progress(fan_out)
    yield "input", await client.input(task)
    yield "wait", await client.wait(task)
    yield "updates", [each async for each in client.updates(task)]
    yield "result", await client.result(task)
    yield "whoami", await client.whoami()
    yield "tenants", await client.tenants()
    yield "may_write", await client.may_write()
    yield "types", await client.types()
    yield "statistics", await client.statistics()
    yield "history", await client.history()
    async for each in calls_of_overviews(client, task, fan_out):
        yield each
    network.idle = True  # what is submitted from here on stays as it is
    waiting = await client.submit("double", 1, delay_seconds=3600)
    yield "cancel", await client.cancel(waiting)
    yield "retry", await client.retry(waiting)
    yield "put_schedule", await client.put_schedule("daily", "double", "rate(1 day)", 1)
    yield "schedule", await client.schedule("daily")
    yield "schedule_fires", await client.schedule_fires("daily")
    yield "fire_schedule", await client.fire_schedule("daily")
    now = datetime.now(UTC)
    yield "backfill_schedule", await client.backfill_schedule("daily", now, now, dry_run=True)
    yield "schedules", [each async for each in client.schedules()]
    yield "pause_schedule", await client.pause_schedule("daily")
    yield "resume_schedule", await client.resume_schedule("daily")
    yield "delete_schedule", await client.delete_schedule("daily")
    yield "set_limit", await client.set_limit("double", concurrency=1)
    yield "limits", [each async for each in client.limits()]
    yield "unset_limit", await client.unset_limit("double")
    yield "pause", await client.pause("double")
    yield "pauses", await client.pauses()
    yield "resume", await client.resume("double")
    mapping = await client.register_callback("double", "success", "sum")
    yield "register_callback", mapping
    yield "callback", await client.callback(mapping.id)
    yield "callbacks", [each async for each in client.callbacks("double")]
    yield "delete_callback", await client.delete_callback(mapping.id)
    outside = await client.submit("double", 1, delay_seconds=3600)
    yield "update_status", await client.update_status(outside, "CANCELLED")


def test_every_method_can_be_awaited(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    async def go() -> dict[str, Any]:
        async with open_client() as client:
            return {name: given async for name, given in calls_of_all_methods(client, network)}

    given = asyncio.run(go())

    no_requests = {"IS_ASYNC", "pace", "for_tenant", "from_environment", "from_outputs", "close"}
    assert given.keys() == public(TaskClient).keys() - no_requests
    assert given["result"] == 2
    assert [each.status for each in given["subtasks"]] == ["COMPLETED"] * 2
    assert given["updates"][-1].status == "COMPLETED"
    assert [each.name for each in given["schedules"]] == ["daily"]


def test_calls_wait_for_the_network_side_by_side(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    slow = Slow(network)

    async def go() -> list[Task]:
        async with open_client(transport=slow) as client:
            return await asyncio.gather(*(client.submit("double", each) for each in range(20)))

    tasks = asyncio.run(go())

    assert len({each.code for each in tasks}) == 20
    assert slow.most == 20


def test_each_request_has_the_tenant_it_was_made_for(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    async def go() -> list[Task]:
        async with open_client(transport=Slow(network)) as client:
            tenants = [f"tenant-{each}" for each in range(5)]
            return await asyncio.gather(
                *(client.for_tenant(each).submit("double", 1) for each in tenants)
            )

    assert [each.key.tenant for each in asyncio.run(go())] == [
        f"tenant-{each}" for each in range(5)
    ]


def test_a_cancelled_call_ends_at_once_and_leaves_the_client_usable(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    network.idle = True

    async def go() -> Any:
        async with open_client(sleep=asyncio.sleep) as client:
            task = await client.submit("double", 4)
            waiting = asyncio.create_task(client.wait(task, timeout_seconds=None))
            await asyncio.sleep(0.05)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            network.idle = False
            await client.wait(task)
            return await client.result(task)

    assert asyncio.run(go()) == 8


def test_a_cancelled_fan_out_closes_its_buffer(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    inputs = (each for each in range(1_000_000))

    async def go() -> None:
        async with open_client() as client:
            submitting = asyncio.create_task(client.map("double", inputs))
            await asyncio.sleep(0.02)
            submitting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await submitting

    asyncio.run(go())

    assert next(inputs) < 1_000_000 - 1  # it was not read to its end
    assert not network.requests


def test_reading_the_inputs_of_a_fan_out_lets_other_work_go_on(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    network.idle = True
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0)

    async def go() -> None:
        async with open_client() as client:
            ticking = asyncio.create_task(tick())
            await client.map("double", range(20_000))
            ticking.cancel()

    asyncio.run(go())

    assert len(ticks) > 100


def test_a_client_made_before_there_is_a_loop_serves_several(
    open_client: Callable[..., AsyncTaskClient],
) -> None:
    client = open_client()

    codes = [asyncio.run(client.submit("double", each)).code for each in range(3)]

    assert len(set(codes)) == 3


def test_a_closed_client_refuses_requests_in_each_loop(
    open_client: Callable[..., AsyncTaskClient],
) -> None:
    client = open_client()
    asyncio.run(client.close())

    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(client.submit("double", 1))


class FetchedSlowly(botocore.credentials.Credentials):
    """Credentials that come from elsewhere, as those of a role do."""

    threads: list[threading.Thread]

    def get_frozen_credentials(self) -> Any:
        self.threads.append(threading.current_thread())
        time.sleep(0.2)
        return super().get_frozen_credentials()


def test_fetching_credentials_does_not_hold_up_the_loop(
    open_client: Callable[..., AsyncTaskClient], network: Network
) -> None:
    credentials = FetchedSlowly("AKIAEXAMPLE", "secret")
    credentials.threads = []
    session = botocore.session.Session()
    session._credentials = credentials

    async def go() -> None:
        async with open_client(token=None, session=session) as client:
            await asyncio.gather(*(client.submit("double", each) for each in range(4)))

    asyncio.run(go())

    assert len(credentials.threads) == 4
    assert threading.main_thread() not in credentials.threads
    assert all("AKIAEXAMPLE" in each.headers["authorization"] for each in network.requests)


def test_each_update_may_be_awaited(open_client: Callable[..., AsyncTaskClient]) -> None:
    told: list[str] = []

    async def tell(task: Task) -> None:
        await asyncio.sleep(0)
        told.append(task.status)

    async def go() -> None:
        async with open_client() as client:
            await client.wait(await client.submit("double", 1), on_update=tell)

    asyncio.run(go())

    assert told[-1] == "COMPLETED"


def test_errors_are_those_of_the_blocking_client(
    open_client: Callable[..., AsyncTaskClient],
) -> None:
    async def go() -> None:
        async with open_client() as client:
            await client.get("double", "nobody")

    with pytest.raises(TaskNotFound, match="nobody"):
        asyncio.run(go())


def test_a_script_with_the_blocking_client_does_not_load_asyncio() -> None:
    program = "import sys; import taskmill.client; print('asyncio' in sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )

    assert ran.stdout == "False\n"
