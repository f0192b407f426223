"""Unique and debounced submits at every door: taken, and refused with field and limit."""

from collections.abc import Callable
from typing import Any

import pytest
from network import Network
from typer.testing import Result

from taskmill import Debounce, Unique, connected
from taskmill.client import Conflict, InvalidRequest, NewTask, TaskClient
from taskmill.testing.http import InProcessApi

Run = Callable[..., Result]
TASKS = "/v1/tenants/mbc/tasks"
UNIQUE, DEBOUNCE = {"key": "k"}, {"key": "k", "seconds": 30}


@pytest.fixture(autouse=True)
def _idle(network: Network) -> None:
    network.idle = True


def by_http(**option: Any) -> str:
    body = {"taskType": "double", "input": 1, **option}
    return str(InProcessApi().post(TASKS, body).body["code"])


def by_handle(client: TaskClient, **options: Any) -> str:
    from client_tasks import double

    with connected(client):
        return double.submit(1, **options).key.code


def by_shell(run: Run, *options: str) -> str:
    ran = run("submit", "double", "1", *options)
    assert ran.exit_code == 0, ran.output
    return ran.stdout.strip().partition("#")[2]


def test_every_door_finds_the_task_that_has_the_key(client: TaskClient, run: Run) -> None:
    first = client.submit("double", 1, unique=Unique("k")).code

    assert client.submit("double", 2, unique=UNIQUE).code == first
    many = client.submit_many([NewTask(task_type="double", input=3, unique=UNIQUE)])
    assert many[0].code == first
    assert by_handle(client, unique=Unique("k")) == first
    assert by_shell(run, "--unique-key", "k") == first
    assert by_http(unique=UNIQUE) == first
    assert by_http(unique={"key": "another"}) != first


def test_every_door_puts_off_the_same_task(client: TaskClient, run: Run) -> None:
    first = client.submit("double", 1, debounce=Debounce("k", 30)).code

    assert by_handle(client, debounce=Debounce("k", 30)) == first
    assert by_shell(run, "--debounce", "30", "--debounce-key", "k") == first
    assert by_http(debounce=DEBOUNCE) == first


def test_a_conflict_tells_the_holder(client: TaskClient, run: Run) -> None:
    first = client.submit("double", 1, unique=Unique("k"))

    with pytest.raises(Conflict, match=first.code):
        client.submit("double", 2, unique=Unique("k", on_conflict="reject"))
    refused = run("submit", "double", "1", "--unique-key", "k", "--on-conflict", "reject")
    assert refused.exit_code != 0
    assert first.code in refused.output
    answer = InProcessApi().post(
        TASKS, {"taskType": "double", "input": 1, "unique": {"key": "k", "onConflict": "reject"}}
    )
    assert answer.status == 409


@pytest.mark.parametrize(
    ("option", "field"),
    [
        ({"unique": {"key": ""}}, "unique.key"),
        ({"unique": {"key": "x" * 201}}, "unique.key"),
        ({"unique": {"key": "k", "onConflict": "wait"}}, "unique.onConflict"),
        ({"debounce": {"key": "k", "seconds": 0}}, "debounce.seconds"),
        ({"debounce": {"key": "k", "seconds": 10, "maxSeconds": 9}}, "debounce.maxSeconds"),
        ({"unique": {"key": "k", "onConflict": "coalesce", "until": "start"}}, "unique.until"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(option: dict[str, Any], field: str) -> None:
    answer = InProcessApi().post(TASKS, {"taskType": "double", "input": 1, **option})

    assert answer.status == 422
    details = answer.error["details"]
    assert (details[0] if isinstance(details, list) else details)["field"] == field


def test_python_names_the_option_its_value_and_the_limit(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match=r"unique.key has 201 characters; 1 to 200"):
        Unique("x" * 201)
    with pytest.raises(InvalidRequest, match=r"debounce.max_seconds is 9; .* from 10"):
        Debounce("k", 10, 9)
    with pytest.raises(InvalidRequest, match="one of existing, reject, replace, coalesce"):
        client.submit("double", 1, unique={"key": "k", "on_conflict": "exist"})


def test_the_shell_wants_the_key_with_its_options(run: Run) -> None:
    assert "--unique-key" in run("submit", "double", "1", "--until", "start").output
    assert "--debounce" in run("submit", "double", "1", "--debounce-max", "5").output
