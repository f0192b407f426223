"""Options of submits and the names that clients give them."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from network import UNANSWERED, Network
from typer.testing import Result
from ulid import ULID

from taskmill.client import InvalidRequest, NewTask, TaskClient
from taskmill.client.errors import NotConfigured
from taskmill.model.keys import Kind
from taskmill.testing import InProcessCloud

OPTIONS: dict[str, Any] = {
    "priority": "high",
    "on_success": "mail",
    "on_failure": ["page", "ticket"],
    "on_completion": ("audit",),
    "log_ids": {"order": "o-17"},
}
CALLBACKS = (
    ("success", "mail"),
    ("failure", "page"),
    ("failure", "ticket"),
    ("completion", "audit"),
)


@pytest.fixture(autouse=True)
def _idle(network: Network) -> None:
    network.idle = True


def moment(cloud: InProcessCloud, **after: float) -> dt.datetime:
    now = dt.datetime.fromtimestamp(cloud.now / 1000, dt.UTC)
    return (now + dt.timedelta(**after)).astimezone(dt.timezone(dt.timedelta(hours=-3)))


def sent(network: Network) -> list[dict[str, Any]]:
    """The submits that went out, one by one."""
    bodies = [json.loads(each.content) for each in network.requests]
    return [task for body in bodies for task in body.get("tasks", [body])]


def test_a_submit_has_the_options_of_the_api(client: TaskClient, cloud: InProcessCloud) -> None:
    run_at = moment(cloud, hours=2)

    task = client.submit("double", 1, run_at=run_at, **OPTIONS)

    assert (task.run_at, task.priority, task.log_ids) == (run_at, "high", {"order": "o-17"})
    assert task.callbacks == CALLBACKS


def test_many_tasks_have_the_same_options(client: TaskClient, cloud: InProcessCloud) -> None:
    run_at = moment(cloud, hours=2)

    (task, plain) = client.submit_many(
        [
            NewTask(task_type="double", input=1, run_at=run_at, **OPTIONS),
            NewTask(task_type="double", input=1),
        ]
    )

    assert (task.run_at, task.priority, task.log_ids) == (run_at, "high", {"order": "o-17"})
    assert task.callbacks == CALLBACKS
    assert (plain.run_at, plain.priority, plain.callbacks) == (None, None, ())


@pytest.mark.parametrize("elements", [[1, 2], ["x" * 1_000_000] * 5], ids=["here", "uploaded"])
def test_a_fan_out_has_the_same_options(client: TaskClient, elements: list[Any]) -> None:
    task = client.map("repeat", elements, **OPTIONS)

    assert (task.priority, task.log_ids) == ("high", {"order": "o-17"})
    assert task.callbacks == CALLBACKS


@pytest.mark.parametrize(
    "wrong",
    [dt.datetime(2026, 1, 2), dt.date(2026, 1, 2), "2026-01-02T00:00:00Z"],  # noqa: DTZ001
)
def test_a_moment_without_an_offset_is_refused_before_it_is_sent(
    client: TaskClient, network: Network, wrong: Any
) -> None:
    with pytest.raises(InvalidRequest, match="give a datetime with a time zone") as refused:
        client.submit("double", 1, run_at=wrong)

    assert refused.value.details["field"] == "runAt"
    assert not network.requests


def test_what_the_api_refuses_is_raised_with_the_field(
    client: TaskClient, cloud: InProcessCloud
) -> None:
    with pytest.raises(InvalidRequest, match="give either delaySeconds or runAt"):
        client.submit("double", 1, run_at=moment(cloud, hours=1), delay_seconds=5)
    with pytest.raises(InvalidRequest, match="would never end"):
        client.submit("double", 1, on_completion="double")


# Names


def is_version(version: int) -> Callable[[str], bool]:
    return lambda code: uuid.UUID(code).version == version


NAMED: dict[str, Callable[[str], bool]] = {
    "ulid": lambda code: str(ULID.from_str(code)) == code,
    "uuid4": is_version(4),
    "uuid7": is_version(7),
}


@pytest.mark.parametrize("said", ["by argument", "by the environment"])
@pytest.mark.parametrize("scheme", NAMED)
def test_a_client_names_its_submits_as_the_service_does(
    connect: Callable[..., TaskClient],
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    said: str,
) -> None:
    if said == "by the environment":
        monkeypatch.setenv("TASKMILL_IDS", scheme)
    with connect(**({"ids": scheme} if said == "by argument" else {})) as client:
        submit_each_way(client)

    assert all(NAMED[scheme](each["code"]) for each in sent(network))
    assert not any("idempotencyKey" in each for each in sent(network))
    assert len({each["code"] for each in sent(network)}) == 4


def test_where_the_service_counts_a_submit_has_a_key_instead(
    connect: Callable[..., TaskClient], network: Network, cloud: InProcessCloud
) -> None:
    with connect(ids="integer") as client:
        submit_each_way(client)

    assert not any("code" in each for each in sent(network))
    assert len({each["idempotencyKey"] for each in sent(network)}) == 4


def test_a_submit_whose_answer_is_lost_does_not_double_where_the_service_counts() -> None:
    with InProcessCloud(
        modules=["client_tasks"], environment={"TASKMILL_IDS": "integer"}
    ) as counting:
        network = Network(counting)
        network.idle = True
        with TaskClient(
            "https://api.example",
            tenant="mbc",
            token="t",
            ids="integer",
            transport=network,
            sleep=lambda _: None,
        ) as client:
            for submit in (
                lambda: [client.submit("double", 1)],
                lambda: client.submit_many([NewTask(task_type="double", input=1)] * 2),
                lambda: [client.map("double", [1])],
            ):
                network.faults = [UNANSWERED]
                assert all(task.code.isdecimal() for task in submit())

            assert len(list(client.list())) == 3
            assert len(list(client.list(kind=Kind.SFN_TASK))) == 1


@pytest.mark.parametrize("scheme", [*NAMED, "integer"])
def test_a_name_of_the_caller_s_own_stays(
    connect: Callable[..., TaskClient], network: Network, scheme: str
) -> None:
    with connect(ids=scheme) as client:
        client.submit("double", 1, code="order-17")
        client.submit("double", 1, idempotency_key="order-18")

    names = [(each.get("code"), each.get("idempotencyKey")) for each in sent(network)]
    assert names == [("order-17", None), (None, "order-18")]


def test_an_unknown_scheme_is_refused_with_the_known_ones(
    connect: Callable[..., TaskClient],
) -> None:
    with pytest.raises(NotConfigured, match="'serial': TASKMILL_IDS is one of ulid, uuid4, uuid7"):
        connect(ids="serial")


def submit_each_way(client: TaskClient) -> None:
    client.submit("double", 1)
    client.submit_many([NewTask(task_type="double", input=each) for each in (1, 2)])
    client.map("double", [1])


# The command line

Run = Callable[..., Result]
WORDS = [
    *("--priority", "HIGH", "--on-success", "mail", "--on-failure", "page", "--on-failure"),
    *("ticket", "--on-completion", "audit", "--log-id", "order=o-17", "--log-id", "eq=a=b"),
]
FIELDS = {
    "priority": "high",
    "onSuccess": ["mail"],
    "onFailure": ["page", "ticket"],
    "onCompletion": ["audit"],
    "logIds": {"order": "o-17", "eq": "a=b"},
}


def test_submit_passes_on_when_and_what_follows(run: Run, network: Network) -> None:
    result = run("submit", "double", "1", "--at", "2026-01-05T06:00:00-03:00", *WORDS)

    (body,) = sent(network)
    assert result.exit_code == 0
    assert {name: body[name] for name in FIELDS} == FIELDS
    assert body["runAt"] == "2026-01-05T09:00:00+00:00"


def test_map_passes_on_what_follows(run: Run, network: Network) -> None:
    result = run("map", "double", "-", *WORDS, stdin="1\n2\n")

    (body,) = sent(network)
    assert result.exit_code == 0
    assert {name: body[name] for name in FIELDS} == FIELDS


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--at", "2026-01-05T06:00:00"], "has no UTC offset"),
        (["--at", "soon"], "is no date and time"),
        (["--log-id", "order"], "is not NAME=VALUE"),
        (["--log-id", "=17"], "is not NAME=VALUE"),
        (["--priority", "asap"], "is not one of"),
    ],
    ids=str,
)
def test_a_wrong_option_is_a_usage_error(
    run: Run, network: Network, words: list[str], problem: str
) -> None:
    result = run("submit", "double", "1", *words)

    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.replace("│", " ").split())
    assert not network.requests
