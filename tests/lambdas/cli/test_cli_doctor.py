"""`taskmill doctor`: the first thing that is wrong, its fix, and an exit code."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from network import Network
from typer.testing import Result

from taskmill.cli.doctor import checks
from taskmill.client import TaskClient

Run = Callable[..., Result]


def last(result: Result) -> tuple[str, str, str]:
    """State, check and message of the last finding."""
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found[-1]["state"], found[-1]["check"], found[-1]["message"]


@pytest.fixture(autouse=True)
def health(network: Network, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """How the open route answers, which the gateway of the tests does not know."""
    answers = {"response": httpx.Response(200, json={"status": "ok"})}
    passed_on = network.handle_request

    def handle(request: httpx.Request) -> httpx.Response:
        return answers["response"] if request.url.path == "/health" else passed_on(request)

    monkeypatch.setattr(network, "handle_request", handle)

    def health(**headers: str) -> None:
        answers["response"] = httpx.Response(200, json={"status": "ok"}, headers=headers)

    return health


def test_all_is_well(run: Run, client: TaskClient) -> None:
    client.submit("double", 1)

    result = run("doctor")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    states = [line.split(maxsplit=2)[:2] for line in lines]
    assert states == [
        ["ok", f"{each}:"] for each in ("versions", "settings", "API", "access", "tasks")
    ]


def test_without_an_api_it_says_how_to_get_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKMILL_URL")

    result = run("doctor")

    assert result.exit_code == 2
    assert "wrong    settings: which API?" in result.stdout
    assert "fix: give --url" in result.stdout


@pytest.mark.parametrize(
    ("missing", "message"),
    [("TASKMILL_TENANT", "whose tasks?"), ("AWS_ACCESS_KEY_ID", "no AWS credentials found")],
)
def test_what_is_missing_is_named(
    missing: str, message: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(missing)

    result = run("doctor", "--json")

    state, _, told = last(result)
    assert (state, result.exit_code) == ("wrong", 2)
    assert message in told


def test_an_api_that_does_not_answer_is_named(
    run: Run, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    monkeypatch.setattr(network, "handle_request", nobody)

    result = run("doctor", "--json")

    assert last(result)[:2] == ("wrong", "API")
    assert result.exit_code == 4


@pytest.mark.parametrize(("off", "words"), [(600, "s behind"), (-600, "s ahead")])
def test_a_clock_that_is_off_is_found_before_aws_refuses_signatures(
    off: int, words: str, run: Run, health: Callable[..., None]
) -> None:
    health(date=format_datetime(datetime.now(UTC) + timedelta(seconds=off)))

    state, check, message = last(run("doctor", "--json"))

    assert (state, check) == ("wrong", "clock")
    assert words in message


def test_a_tenant_that_is_not_allowed_is_named(run: Run, network: Network) -> None:
    network.faults = [httpx.Response(403, json={"message": "Forbidden"})]

    result = run("doctor", "--json")

    assert last(result)[:2] == ("wrong", "access")
    assert result.exit_code == 4


def test_a_local_cloud_that_has_stopped_is_found(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TASKMILL_URL")
    outputs = {
        "ApiUrl": "http://localhost:9/api",
        "EndpointUrl": "http://localhost:9",
        "AccessKeyId": "test",
        "SecretAccessKey": "test",
        "Region": "us-east-1",
    }
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "outputs.json").write_text(json.dumps(outputs))

    result = run("doctor")

    assert result.exit_code == 4
    assert "wrong    local cloud: it was deployed to http://localhost:9" in result.stdout
    assert "fix: taskmill local up" in result.stdout


def test_types_without_code_are_a_warning(run: Run, client: TaskClient) -> None:
    client.submit("nobody-knows-it", 1)

    result = run("doctor")

    assert result.exit_code == 0
    assert "warning  task types: tasks failed" in result.stdout
    assert "nobody-knows-it" in result.stdout


def test_tasks_that_no_worker_takes_are_a_warning(
    run: Run, client: TaskClient, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.idle = True
    client.submit("double", 1, code="d-1")
    monkeypatch.setattr(checks, "WAITS_TOO_LONG", timedelta(seconds=-1))

    shown = run("doctor").stdout

    assert "1 of the newest tasks wait for a worker, the oldest is double d-1" in shown
    assert "fix: look for errors of the worker function" in shown
