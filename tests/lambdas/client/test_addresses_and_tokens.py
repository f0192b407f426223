"""Addresses of one's own and tokens, for both clients and the command line."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from network import URL, Network
from typer.testing import CliRunner

from taskmill.cli.app import app
from taskmill.client import AsyncTaskClient, Forbidden, InvalidRequest, NotConfigured, TaskClient
from taskmill.testing import InProcessCloud

OWN = "https://api.example.com"
ADDRESSES = [OWN, f"{OWN}/", f"{OWN}/tasks", f"{OWN}/tasks/", f"{OWN}/a/b"]


@pytest.fixture
def mapped(url: str) -> Iterator[Network]:
    """A network to an API that is mapped to the base path of an address of one's own."""
    settings = {"TASKMILL_BASE_PATH": httpx.URL(url).path.rstrip("/")}
    with InProcessCloud(["client_tasks"], environment=settings) as cloud:
        yield Network(cloud)


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_may_have_a_base_path(
    connect: Callable[..., TaskClient], mapped: Network, url: str
) -> None:
    with connect(url=url, region="eu-central-1", transport=mapped) as client:
        task = client.submit("double", 4)
        fan_out = client.map("double", [1, 2])

        assert client.result(task) == 8
        assert client.progress(fan_out).completed == 2
        assert [each.code for each in client.list()] == [task.code]
        assert [client.result(each) for each in client.subtasks(fan_out)] == [2, 4]

    base = httpx.URL(url).path.rstrip("/")
    assert all(each.url.path.startswith(f"{base}/v1/") for each in mapped.requests)
    signed = [each.headers["authorization"] for each in mapped.requests]
    assert all("/eu-central-1/execute-api/aws4_request" in each for each in signed)


@pytest.mark.parametrize("url", ADDRESSES)
def test_the_command_line_takes_the_same_addresses(
    mapped: Network, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name, value in {"URL": url, "TENANT": "mbc", "TOKEN": "from-the-shell"}.items():
        monkeypatch.setenv(f"TASKMILL_{name}", value)

    ran = CliRunner().invoke(app, ["submit", "double", "4", "--json"], obj=mapped)

    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.output)["status"] == "QUEUED"
    assert mapped.requests[0].headers["authorization"] == "Bearer from-the-shell"


def test_the_token_of_the_environment_takes_the_place_of_a_signature(
    connect: Callable[..., TaskClient], network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKMILL_TOKEN", "from-the-shell")

    with connect(url=OWN, session=None) as client:  # no region is needed for it
        client.submit("double", 1)

    assert network.requests[0].headers["authorization"] == "Bearer from-the-shell"


def test_a_token_may_be_renewed_by_a_function(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    tokens = iter(["first", "second"])

    with connect(token=lambda: next(tokens)) as client:
        client.submit("double", 1)
        client.submit("double", 2)

    sent = [each.headers["authorization"] for each in network.requests]
    assert sent == ["Bearer first", "Bearer second"]


def test_a_token_that_has_expired_is_asked_for_anew(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    tokens = iter(["expired", "fresh"])
    network.faults = [httpx.Response(401, json={"message": "Unauthorized"})]

    with connect(token=lambda: next(tokens)) as client:
        assert client.submit("double", 1).type == "double"

    assert len(network.requests) == 2
    assert network.requests[-1].headers["authorization"] == "Bearer fresh"


def test_a_token_that_stays_the_same_is_refused_once(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    network.faults = [httpx.Response(401, json={"message": "Unauthorized"})] * 5

    with connect(token=lambda: "expired") as client, pytest.raises(Forbidden, match="a token"):
        client.submit("double", 1)

    assert len(network.requests) == 1


@pytest.mark.parametrize("token", ["", None])
def test_a_function_without_a_token_is_told(connect: Callable[..., TaskClient], token: Any) -> None:
    with (
        connect(token=lambda: token) as client,
        pytest.raises(NotConfigured, match="the function for the token returned"),
    ):
        client.submit("double", 1)


@pytest.mark.parametrize("token", [42, b"bytes", {"token": "x"}])
def test_what_is_no_token_is_refused(connect: Callable[..., TaskClient], token: Any) -> None:
    with pytest.raises(InvalidRequest, match="give text, or a function"):
        connect(token=token)


async def renewed() -> str:
    await asyncio.sleep(0)
    return "from a coroutine"


def test_an_async_function_may_renew_the_token_of_an_async_client(network: Network) -> None:
    async def go() -> None:
        async with AsyncTaskClient(URL, tenant="mbc", token=renewed, transport=network) as client:
            await client.submit("double", 1)

    asyncio.run(go())

    assert network.requests[0].headers["authorization"] == "Bearer from a coroutine"


def test_a_blocking_client_refuses_an_async_function() -> None:
    with pytest.raises(InvalidRequest, match="use AsyncTaskClient"):
        TaskClient(URL, tenant="mbc", token=renewed)
