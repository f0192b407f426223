"""Expiry and deadline at every door that submits: taken, shown, refused with field and limit."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click import unstyle
from network import Network
from typer.testing import Result

from taskmill import connected
from taskmill.client import InvalidRequest, NewTask, TaskClient
from taskmill.models import Task
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

Run = Callable[..., Result]
LIMITS = {"expires_seconds": 60, "deadline_seconds": 600}
BODY = {"expiresSeconds": 60, "deadlineSeconds": 600}
OPTIONS = ("--expires", "60", "--deadline", "600")
TASKS, FAN_OUTS = "/v1/tenants/mbc/tasks", "/v1/tenants/mbc/step-function-tasks"
YEAR = 31_536_000


def times(task: Task) -> list[float]:
    """Seconds from creation to expiry and deadline."""
    assert task.created_at is not None
    moments = [task.expires_at, task.deadline_at]
    return [(each - task.created_at).total_seconds() for each in moments if each is not None]


@pytest.fixture(autouse=True)
def _idle(network: Network) -> None:
    network.idle = True


def handles(client: TaskClient, what: str) -> Task:
    from client_tasks import double

    with connected(client):
        handle: Any = double.submit(1, **LIMITS) if what == "submit" else double.map([1], **LIMITS)
        task: Task = handle.task()
        return task


def by_shell(run: Run, client: TaskClient, *words: str, stdin: str | None = None) -> Task:
    ran = run(*words, *OPTIONS, stdin=stdin)
    assert ran.exit_code == 0, ran.output
    task_type, code = ran.stdout.strip().split("#")
    kind = "tasks" if words[0] == "submit" else "step-function-tasks"
    answer = InProcessApi().get(f"/v1/tenants/mbc/{kind}/{task_type}/{code}")
    return Task.model_validate(answer.body)


DOORS: dict[str, Callable[[TaskClient, Run], Task]] = {
    "client.submit": lambda client, _: client.submit("double", 1, **LIMITS),
    "client.submit_many": lambda client, _: client.submit_many(
        [NewTask(task_type="double", input=1, **LIMITS)]
    )[0],
    "client.map": lambda client, _: client.map("double", [1], **LIMITS),
    "fn.submit": lambda client, _: handles(client, "submit"),
    "fn.map": lambda client, _: handles(client, "map"),
    "POST tasks": lambda *_: Task.model_validate(
        InProcessApi().post(TASKS, {"taskType": "double", "input": 1, **BODY}).body
    ),
    "POST many tasks": lambda *_: Task.model_validate(
        InProcessApi()
        .post(TASKS, {"tasks": [{"taskType": "double", "input": 1, **BODY}]})
        .body["tasks"][0]
    ),
    "POST fan-outs": lambda *_: Task.model_validate(
        InProcessApi().post(FAN_OUTS, {"taskType": "double", "input": [1], **BODY}).body
    ),
    "taskmill submit": lambda client, run: by_shell(run, client, "submit", "double", "1"),
    "taskmill map": lambda client, run: by_shell(run, client, "map", "double", "-", stdin="1\n"),
}


@pytest.mark.parametrize("door", DOORS)
def test_every_door_takes_an_expiry_and_a_deadline(client: TaskClient, run: Run, door: str) -> None:
    assert times(DOORS[door](client, run)) == [60, 600]


@pytest.mark.parametrize("name", BODY)
@pytest.mark.parametrize("value", [0, -1, YEAR + 1, "soon", 1.5])
@pytest.mark.parametrize("path", [TASKS, FAN_OUTS])
def test_the_api_names_field_and_limit(
    cloud: InProcessCloud, path: str, name: str, value: Any
) -> None:
    answer = InProcessApi().post(path, {"taskType": "double", "input": [1], name: value})

    assert answer.status == 422
    (detail,) = answer.error["details"]
    assert detail["field"] == name
    if value in (0, -1):
        assert "1" in detail["message"]
    if value == YEAR + 1:
        assert str(YEAR) in detail["message"].replace(",", "")


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [0, YEAR + 1, "60", True])
def test_a_client_refuses_before_it_sends(
    client: TaskClient, network: Network, name: str, value: Any
) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: client.submit("double", 1, **{name: value}),
        lambda: client.map("double", [1], **{name: value}),
        lambda: client.put_schedule("nightly", "double", "rate(1 hour)", 1, **{name: value}),
    ]
    for call in calls:
        with pytest.raises(InvalidRequest, match="a whole number from 1 to 31,536,000") as refused:
            call()
        field = refused.value.details["field"]
        assert field == {"expires_seconds": "expiresSeconds"}.get(name, "deadlineSeconds")
    assert not network.requests


@pytest.mark.parametrize("command", ["submit", "map"])
def test_the_help_names_the_options(run: Run, command: str) -> None:
    said = unstyle(run(command, "--help").stdout)

    assert "--expires" in said
    assert "--deadline" in said


def test_the_shell_refuses_less_than_a_second(run: Run) -> None:
    assert run("submit", "double", "1", "--expires", "0").exit_code == 2


def test_the_shell_shows_what_expired(run: Run, cloud: InProcessCloud) -> None:
    code = run("submit", "double", "1", *OPTIONS).stdout.strip()
    assert "deadline" in run("get", code).stdout
    cloud.deliver_records()
    cloud.sleep(61)
    cloud.run()

    said = run("get", code).stdout

    assert "CANCELLED" in said
    assert "Expired: it had not begun within 60 s" in said


def test_a_schedule_keeps_them(client: TaskClient, run: Run) -> None:
    by_client = client.put_schedule("a", "double", "rate(1 hour)", 1, **LIMITS)
    assert run("schedules", "put", "b", "double", "rate(1 hour)", "1", *OPTIONS).exit_code == 0
    body = {"taskType": "double", "expression": "rate(1 hour)", "input": 1, **BODY}
    InProcessApi().put("/v1/tenants/mbc/schedules/c", body)

    for stored in (by_client, *map(client.schedule, "abc")):
        assert (stored.expires_seconds, stored.deadline_seconds) == (60, 600)
    refused = InProcessApi().put("/v1/tenants/mbc/schedules/c", body | {"expiresSeconds": 0})
    assert (refused.status, refused.error["details"][0]["field"]) == (422, "expiresSeconds")


def test_a_repeated_submit_is_the_same_only_with_the_same_limits(
    client: TaskClient, cloud: InProcessCloud
) -> None:
    first = client.submit("double", 1, code="c-1", idempotency_key=None, **LIMITS)
    cloud.sleep(10)

    assert client.submit("double", 1, code="c-1", **LIMITS) == first
    for other in ({}, LIMITS | {"expires_seconds": 61}, LIMITS | {"deadline_seconds": 601}):
        with pytest.raises(Exception, match=r"with another (expires|deadline)Seconds"):
            client.submit("double", 1, code="c-1", **other)
    keyed = client.submit("double", 1, idempotency_key="k", **LIMITS)
    assert client.submit("double", 1, idempotency_key="k", **LIMITS).code == keyed.code


def test_openapi_tells_the_limits(cloud: InProcessCloud) -> None:
    document = InProcessApi().get("/openapi.json").body
    for name in ("SubmitTask", "SubmitElements", "SubmitUploaded", "PutSchedule"):
        told = json.dumps(document["components"]["schemas"][name]["properties"]["expiresSeconds"])
        assert str(YEAR) in told
        assert '"minimum": 1' in told
