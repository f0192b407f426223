import json
from collections.abc import Callable

import pytest
from network import Network
from typer.testing import CliRunner, Result

from taskmill.cli.app import app
from taskmill.cli.tasks import tail
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]
Between = Callable[..., None]


@pytest.fixture
def between(network: Network, monkeypatch: pytest.MonkeyPatch) -> Between:
    """Says what happens between the looks of `taskmill tail`; then comes Ctrl-C."""
    network.idle = True

    def between(*happenings: Callable[[], object]) -> None:
        coming = iter(happenings)

        def sleep(_: float) -> None:
            happening = next(coming, None)
            if happening is None:
                raise KeyboardInterrupt
            happening()

        monkeypatch.setattr(tail.time, "sleep", sleep)

    return between


def changes(result: Result) -> list[tuple[str, str]]:
    """Status and code of each line."""
    lines = [line.split() for line in result.stdout.splitlines()]
    return [(line[2], line[4]) for line in lines]


def test_every_status_is_told_also_those_between_two_looks(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    codes: list[str] = []
    between(lambda: codes.append(client.submit("double", 1).code), cloud.run)

    result = run("tail")

    (code,) = codes
    told = [(status, code) for status in ("CREATED", "QUEUED", "STARTED", "COMPLETED")]
    assert changes(result) == told
    assert result.exit_code == 130
    assert "following the tasks of mbc" in result.stderr


def test_nothing_is_told_twice(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    client.submit("double", 1)
    between(cloud.run, lambda: None, lambda: None)

    assert [status for status, _ in changes(run("tail"))] == ["QUEUED", "STARTED", "COMPLETED"]


def test_at_first_it_tells_where_open_tasks_stand(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    client.submit("double", 1)
    cloud.run()
    code = client.submit("double", 2, delay_seconds=60).code
    cloud.step()
    between()

    assert changes(run("tail")) == [("SCHEDULED", code)]


def test_changes_of_all_types_and_kinds_come_in_the_order_of_time(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    first, second = client.submit("zebra", 1).code, client.map("ant", [1]).code

    def happen() -> None:
        for task_type, kind, code in (("ant", "SFN_TASK", second), ("zebra", "TASK", first)):
            cloud.now += 10
            key = {"pk": f"{kind}#mbc", "sk": f"{task_type}#{code}"}
            cloud.service.update_status(key=key, status="PROCESSING")

    between(happen)

    assert changes(run("tail"))[2:] == [("PROCESSING", second), ("PROCESSING", first)]


def test_a_type_with_many_tasks_does_not_hide_the_others(
    run: Run,
    client: TaskClient,
    network: Network,
    between: Between,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tail, "NEWEST", 3)
    network.idle = True
    for task_type in ("zebra", "mule", "ant"):
        for each in range(8):
            client.submit(task_type, each)
    single = client.submit("bee", 1).code
    codes = []
    between(lambda: codes.append(client.submit("ant", 9).code))
    network.requests.clear()

    told = changes(run("tail"))

    assert len(told) == 3 * 3 + 1 + 2  # the last one is new: CREATED, and QUEUED
    assert ("QUEUED", single) in told
    assert told[-1] == ("QUEUED", codes[0])
    looks = [each for each in network.requests if each.url.path.endswith("/tasks")]
    assert len(looks) <= 2 * 5 + 1  # about one for each type and look, and the submit


def test_it_can_be_narrowed(
    run: Run, client: TaskClient, cloud: InProcessCloud, network: Network, between: Between
) -> None:
    def submit() -> None:
        client.submit("double", -1)
        client.submit("double", 1)
        client.submit("repeat", 1)
        client.map("double", [1])
        cloud.run()

    between(submit)
    words = ["--type", "double", "--kind", "task", "--status", "failed"]
    result = run("tail", *words)

    (line,) = result.stdout.splitlines()
    assert "FAILED" in line
    assert line.endswith("Abort: -1 is negative")
    looks = {each.url.path for each in network.requests if each.method == "GET"}
    assert looks == {"/v1/tenants/mbc/tasks"}


def test_a_later_attempt_says_so_and_is_told_once(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    key = client.submit("double", 1).key

    def claim() -> None:
        cloud.now += 1
        cloud.wiring.claims.claim(key, fence="f", lease_until=cloud.now, max_attempts=3)

    between(claim, claim, cloud.run)

    lines = [line.split()[2:] for line in run("tail").stdout.splitlines()]
    assert lines == [
        ["QUEUED", "double", key.code],
        ["STARTED", "double", key.code],
        ["STARTED", "double", key.code, "attempt", "2"],
        ["STARTED", "double", key.code, "attempt", "3"],
        ["COMPLETED", "double", key.code, "attempt", "3"],
    ]


def test_with_json_each_line_is_a_document(
    run: Run, client: TaskClient, cloud: InProcessCloud, between: Between
) -> None:
    task = client.submit("double", -1)
    between(cloud.run)

    documents = [json.loads(line) for line in run("--json", "tail").stdout.splitlines()]

    assert [each["status"] for each in documents] == ["QUEUED", "STARTED", "FAILED"]
    assert documents[-1]["note"] == "Abort: -1 is negative"
    assert documents[0] == {
        "status": "QUEUED",
        "at": documents[0]["at"],
        "attempt": 0,
        "kind": "TASK",
        "tenantCode": "mbc",
        "type": "double",
        "code": task.code,
        "pk": task.pk,
        "sk": task.sk,
    }


def test_a_pause_is_as_long_as_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(tail.time, "sleep", sleep)

    run("tail", "--interval", "7.5")
    assert pauses == [7.5, 7.5]
    assert run("tail", "--interval", "0").exit_code == 2


def test_what_goes_wrong_ends_it(network: Network) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    words = ["tail", "--url", "https://x.execute-api.eu-west-1.amazonaws.com"]

    assert CliRunner(env=keys).invoke(app, words, obj=network).exit_code == 2  # whose tasks?
