"""Recurring schedules from Python and from the shell."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from network import UNANSWERED, Network
from pydantic import BaseModel
from typer.testing import Result

from taskmill.client import InvalidRequest, TaskClient, TaskNotFound
from taskmill.errors import InvalidKey
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]
CRON = "cron(0 6 ? * MON-FRI *)"


# From Python


def test_a_client_puts_and_reads_a_schedule(client: TaskClient) -> None:
    stored = client.put_schedule(
        "nightly",
        "double",
        CRON,
        21,
        timezone="Europe/Berlin",
        task_name="for people",
        notify="none",
        priority="high",
        on_success="repeat",
        on_failure=["page", "log"],
        on_completion=["archive"],
        log_ids={"order": "4711"},
    )

    assert client.schedule("nightly") == stored
    assert (stored.task_type, stored.expression, stored.input) == ("double", CRON, 21)
    assert (stored.timezone, stored.task_name, stored.notify) == (
        "Europe/Berlin",
        "for people",
        "none",
    )
    assert (stored.on_success, stored.on_failure) == (("repeat",), ("page", "log"))
    assert (stored.on_completion, stored.log_ids) == (("archive",), {"order": "4711"})
    assert (stored.priority, stored.paused) == ("high", False)
    assert stored.next_fire_at is not None
    assert stored.next_fire_at.tzinfo is not None


def test_an_input_may_be_a_model(client: TaskClient) -> None:
    class Order(BaseModel):
        number: int
        due: datetime

    order = Order(number=7, due=datetime(2026, 1, 1, tzinfo=UTC))

    stored = client.put_schedule("nightly", "other", "rate(1 day)", order)

    assert stored.input == {"number": 7, "due": "2026-01-01T00:00:00Z"}


def test_schedules_are_listed_over_all_pages(client: TaskClient, network: Network) -> None:
    for number in range(5):
        client.put_schedule(f"s{number}", "double", "rate(1 day)", 1)
    network.requests.clear()

    assert [each.name for each in client.schedules(page_size=2)] == ["s0", "s1", "s2", "s3", "s4"]
    assert len(network.requests) == 3


def test_a_client_pauses_resumes_and_deletes(client: TaskClient) -> None:
    client.put_schedule("nightly", "double", "rate(1 day)", 1, paused=True)
    assert client.schedule("nightly").next_fire_at is None

    assert client.resume_schedule("nightly").paused is False
    assert client.pause_schedule("nightly").paused is True
    assert client.delete_schedule("nightly").name == "nightly"
    with pytest.raises(TaskNotFound, match="nightly"):
        client.schedule("nightly")


def test_a_put_whose_answer_is_lost_is_repeated(client: TaskClient, network: Network) -> None:
    network.faults = [UNANSWERED]

    assert client.put_schedule("nightly", "double", "rate(1 day)", 1).version == 1
    assert [each.method for each in network.requests] == ["PUT", "PUT"]


def test_a_refusal_names_the_field(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="singular") as refused:
        client.put_schedule("nightly", "double", "rate(1 days)", 1)

    assert refused.value.details["field"] == "expression"


def test_a_name_that_is_none_asks_nobody(client: TaskClient, network: Network) -> None:
    with pytest.raises(InvalidKey, match="name"):
        client.delete_schedule("../tasks/double/1")

    assert network.requests == []


# From the shell


def test_put_prints_the_name_and_when_it_fires(run: Run) -> None:
    result = run("schedules", "put", "nightly", "double", "rate(5 minutes)", "21")

    assert result.stdout == "nightly\n"
    assert result.stderr.startswith("fires next at 20")


def test_put_passes_on_its_options(run: Run, network: Network, tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text("21")
    options = ["--timezone", "Europe/Berlin", "--paused", "--task-name", "a name"]
    options += ["--notify", "none", "--priority", "high", "--on-success", "a", "--on-success", "b"]
    options += ["--on-failure", "c", "--on-completion", "d"]

    result = run("schedules", "put", "nightly", "double", CRON, "@input.json", *options)

    (request,) = network.requests
    assert (request.method, request.url.path) == ("PUT", "/v1/tenants/mbc/schedules/nightly")
    assert json.loads(request.content) == {
        "taskType": "double",
        "expression": CRON,
        "input": 21,
        "timezone": "Europe/Berlin",
        "paused": True,
        "taskName": "a name",
        "notify": "none",
        "priority": "high",
        "onSuccess": ["a", "b"],
        "onFailure": ["c"],
        "onCompletion": ["d"],
    }
    assert result.stderr == "paused; let it fire: taskmill schedules resume nightly\n"


def test_list_shows_a_line_each(run: Run, client: TaskClient) -> None:
    client.put_schedule("b", "double", CRON, 1, timezone="Europe/Berlin")
    client.put_schedule("a", "double", "rate(1 day)", 1, paused=True)

    lines = [line.split("\t") for line in run("schedules", "list").stdout.splitlines()]

    assert lines[0] == ["a", "double", "rate(1 day)", "UTC", "PAUSED", ""]
    assert lines[1][:5] == ["b", "double", CRON, "Europe/Berlin", "ENABLED"]
    assert len(run("schedules", "list", "--limit", "1").stdout.splitlines()) == 1


def test_show_tells_what_matters(run: Run, client: TaskClient) -> None:
    client.put_schedule("nightly", "double", CRON, 21, on_failure=["page", "log"])

    shown = run("schedules", "show", "nightly").stdout

    facts = {line[:13].strip(): line[13:] for line in shown.splitlines()}
    assert (facts["expression"], facts["state"], facts["input"]) == (CRON, "ENABLED", "21")
    assert facts["on failure"] == "page, log"
    assert "priority" not in facts


def test_pause_resume_and_remove(run: Run, client: TaskClient) -> None:
    client.put_schedule("nightly", "double", "rate(1 day)", 1)

    assert run("schedules", "pause", "nightly").stdout == "PAUSED nightly\n"
    assert client.schedule("nightly").paused
    assert run("schedules", "resume", "nightly").stdout == "ENABLED nightly\n"
    assert not client.schedule("nightly").paused
    assert run("schedules", "remove", "nightly").stdout == "REMOVED nightly\n"
    assert list(client.schedules()) == []


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (["show", "nowhere"], 3),
        (["remove", "nowhere"], 3),
        (["put", "nightly", "double", "daily", "1"], 6),
        (["put", "nightly", "double", "rate(1 day)", "{"], 2),
        (["put", "no name", "double", "rate(1 day)", "1"], 2),
        (["put", "nightly", "double"], 2),
    ],
    ids=str,
)
def test_exit_codes_tell_what_went_wrong(run: Run, words: list[str], exit_code: int) -> None:
    result = run("schedules", *words)

    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["put", "other", "double", "rate(1 day)", "1"],
        ["list"],
        ["show", "nightly"],
        ["pause", "nightly"],
        ["resume", "nightly"],
        ["remove", "nightly"],
    ],
    ids=" ".join,
)
def test_with_json_stdout_is_one_document_and_nothing_else(
    words: list[str], run: Run, client: TaskClient
) -> None:
    client.put_schedule("nightly", "double", "rate(1 day)", 1)

    document = json.loads(run("schedules", *words, "--json").stdout)

    (schedule,) = document if words == ["list"] else [document]
    assert schedule["taskType"] == "double"


def test_no_schedules_are_still_json(run: Run) -> None:
    assert json.loads(run("schedules", "list", "--json").stdout) == []


def test_what_was_put_runs(run: Run, cloud: InProcessCloud) -> None:
    run("schedules", "put", "nightly", "double", "rate(1 hour)", "21")

    cloud.advance(seconds=3_600)

    (task,) = json.loads(run("list", "--type", "double", "--json").stdout)
    assert (task["status"], task["attributes"]["result"]) == ("COMPLETED", 42)


def test_fires_are_listed_and_one_is_made_by_hand(run: Run) -> None:
    run("schedules", "put", "nightly", "double", "rate(1 hour)", "21", "--paused")

    fired = run("schedules", "fire", "nightly")
    assert run("result", fired.stdout.strip()).stdout == "42\n"
    assert run("schedules", "fires", "nightly").exit_code == 0
    assert json.loads(run("schedules", "fires", "nightly", "--json").stdout)["next"] == []
    assert "every hour" in run("schedules", "show", "nightly").stdout
