"""`taskmill logs` against CloudWatch Logs and CloudFormation as moto plays them."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import typer
from botocore.stub import Stubber
from hostile_api import TEXT
from moto_calls import mock_aws
from network import Network
from typer.testing import Result

from taskmill.cli.aws_account import Account
from taskmill.cli.logs import reading
from taskmill.cli.logs.command import read_span
from taskmill.client import TaskClient

Run = Callable[..., Result]
SHOP = {"StackName": "Shop"}
GROUPS = ("WorkerLogs", "BatchLogs", "ApiHandlerLogs")


def client_of(account: Account, service: str) -> Any:
    """A boto3 client; that of CloudFormation knows the stack Shop. (moto's does not start here.)"""
    client = account.session.client(service)
    if service == "cloudformation":
        names = {f"{name}1A2B": name for name in GROUPS} | {"Access": "/aws/vendedlogs/apis/x"}
        listed = [resource(logical_id, name) for logical_id, name in names.items()]
        stubber = Stubber(client)
        stubber.add_response("list_stack_resources", {"StackResourceSummaries": listed}, SHOP)
        stubber.activate()
    return client


def resource(logical_id: str, name: str) -> dict[str, Any]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": name,
        "ResourceType": "AWS::Logs::LogGroup",
        "LastUpdatedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
        "ResourceStatus": "CREATE_COMPLETE",
    }


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, network: Network) -> Iterator[Callable[..., None]]:
    """Writes lines to the log group of a stack, which the environment names."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("TASKMILL_STACK", "Shop")
    with mock_aws():
        client = boto3.client("logs")
        for name in GROUPS:
            client.create_log_group(logGroupName=name)
        monkeypatch.setattr(Account, "client", client_of)

        def log(*lines: str | dict[str, Any], group: str = "WorkerLogs", stream: str = "s") -> None:
            streams = client.describe_log_streams(logGroupName=group)["logStreams"]
            if stream not in [each["logStreamName"] for each in streams]:
                client.create_log_stream(logGroupName=group, logStreamName=stream)
            now = int(time.time() * 1_000)
            events = [
                {"timestamp": now, "message": line if isinstance(line, str) else json.dumps(line)}
                for line in lines
            ]
            client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

        yield log


def line(message: str, key: str = "TASK#mbc/double#d-1", **fields: Any) -> dict[str, Any]:
    return {"level": "INFO", "location": "f:1", "message": message, "key": key, **fields}


def shown(result: Result) -> list[str]:
    """The lines of the output without their times."""
    assert result.exit_code == 0, result.output
    return [" ".join(each.split()[2:]) for each in result.stdout.splitlines()]


def test_the_lines_of_a_task_are_shown_with_what_it_printed(
    run: Run, client: TaskClient, log: Callable[..., None]
) -> None:
    client.submit("double", 1, code="d-1")
    client.submit("double", 1, code="d-12")
    log(
        "START RequestId: 1",
        "printed by nobody known",
        line("claimed", attempt=1),
        "printed by d-1",
        line("ended", status="COMPLETED"),
        "printed by another",
        line("claimed", key="TASK#mbc/double#d-12"),
        "printed by d-12",
        "REPORT RequestId: 1 Duration: 5 ms",
    )

    assert shown(run("logs", "double", "d-1")) == [
        "INFO double d-1 claimed attempt=1",
        "printed by d-1",
        "INFO double d-1 ended status=COMPLETED",
    ]


def test_a_fan_out_has_the_lines_of_its_subtasks_from_all_functions(
    run: Run, client: TaskClient, log: Callable[..., None]
) -> None:
    client.map("double", [1, 2], code="f")
    log(line("one", key="SFN_TASK#mbc/double#f#0"), group="BatchLogs")
    log(line("two", key="SFN_TASK#mbc/double#f#1"), group="BatchLogs", stream="other")
    log(line("parent", key="SFN_TASK#mbc/double#f"), group="ApiHandlerLogs")

    assert sorted(shown(run("logs", "double", "f"))) == [
        "INFO double f parent",
        "INFO subtask 0 of double f one",
        "INFO subtask 1 of double f two",
    ]
    assert shown(run("logs", "double", "f", "1")) == ["INFO subtask 1 of double f two"]


def test_a_type_has_the_lines_of_all_its_tasks_of_the_tenant(
    run: Run, log: Callable[..., None]
) -> None:
    log(
        line("mine"),
        line("other type", key="TASK#mbc/doubles#d-1"),
        line("other tenant", key="TASK#you/double#d-1"),
        line("mine, too", key="TASK#mbc/double#x"),
    )

    assert shown(run("logs", "double")) == ["INFO double d-1 mine", "INFO double x mine, too"]


def test_without_a_task_it_shows_what_the_workers_log(run: Run, log: Callable[..., None]) -> None:
    log("START RequestId: 1", "printed", line("claimed"), '{"time":"x","type":"platform.start"}')
    log(line("of the api"), group="ApiHandlerLogs")

    assert shown(run("logs")) == ["printed", "INFO double d-1 claimed"]


def test_an_exception_has_lines_of_its_own(run: Run, log: Callable[..., None]) -> None:
    log(line("failed", level="ERROR", exception="Traceback\n  ValueError: no"))

    lines = run("logs").stdout.splitlines()

    assert lines[1:] == ["    Traceback", "      ValueError: no"]


def test_json_has_every_field_and_a_line_each(run: Run, log: Callable[..., None]) -> None:
    log("printed", line("claimed"))

    printed, claimed = map(json.loads, run("logs", "--json").stdout.splitlines())

    assert (printed["message"], printed["logGroup"]) == ("printed", "WorkerLogs")
    assert (claimed["key"], claimed["location"]) == ("TASK#mbc/double#d-1", "f:1")


def test_what_tasks_log_can_neither_drive_a_terminal_nor_add_lines(
    run: Run, log: Callable[..., None]
) -> None:
    log(f"printed {TEXT}", line(f"logged {TEXT}", extra=TEXT))

    shown = run("logs").stdout

    assert len(shown.splitlines()) == 2
    assert "\x1b" not in shown
    assert "\\x1b]0;owned" in shown


def test_follow_goes_on_until_ctrl_c_and_repeats_nothing(
    run: Run, log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    coming = iter([lambda: log(line("second")), lambda: None])

    def sleep(_: float) -> None:
        happening = next(coming, None)
        if happening is None:
            raise KeyboardInterrupt
        happening()

    monkeypatch.setattr(reading.time, "sleep", sleep)
    log(line("first"))

    result = run("logs", "--follow")

    assert [each.split()[-1] for each in result.stdout.splitlines()] == ["first", "second"]
    assert (result.exit_code, result.stderr) == (130, "taskmill: interrupted\n")


def test_that_there_is_nothing_is_said(run: Run, log: Callable[..., None]) -> None:
    result = run("logs")

    assert (result.stdout, result.exit_code) == ("", 0)
    assert result.stderr == "nothing was logged; --since 1d looks back a day\n"


def test_a_stack_that_is_not_there_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_stack(account: Account, service: str) -> Any:
        client = account.session.client(service)
        stubber = Stubber(client)
        stubber.add_client_error("list_stack_resources", "ValidationError", "does not exist")
        stubber.activate()
        return client

    monkeypatch.setattr(Account, "client", no_stack)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    result = run("logs", "--stack", "Nowhere")

    assert result.exit_code == 2
    assert result.stderr == "taskmill: stack Nowhere: does not exist\n"


def test_the_stack_is_found_by_the_url_of_its_api(
    run: Run, log: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_outputs(account: Account, service: str) -> Any:
        client = client_of(account, service)
        if service == "cloudformation":
            output = {"OutputKey": "ApiId", "OutputValue": "abc123"}
            stack = {
                "StackName": "Shop",
                "StackStatus": "CREATE_COMPLETE",
                "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
                "Outputs": [output],
            }
            monkeypatch.setattr(client, "describe_stacks", lambda **_: {"Stacks": [stack]})
        return client

    monkeypatch.setattr(Account, "client", with_outputs)
    monkeypatch.delenv("TASKMILL_STACK")
    log(line("claimed"))

    assert shown(run("logs")) == ["INFO double d-1 claimed"]


def test_without_a_stack_it_asks_for_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_stacks(account: Account, service: str) -> Any:
        client = account.session.client(service)
        monkeypatch.setattr(client, "describe_stacks", lambda **_: {"Stacks": []})
        return client

    monkeypatch.setattr(Account, "client", no_stacks)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    assert run("logs").stderr == "taskmill: which stack? Give --stack or set TASKMILL_STACK\n"


def test_those_of_taskmill_dev_are_in_its_terminal(run: Run, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (tmp_path / ".taskmill").mkdir()
        announced = {"ApiUrl": url, "EndpointUrl": url, "Token": "dev"}
        (tmp_path / ".taskmill" / "dev.json").write_text(json.dumps(announced))

        result = run("logs", "--url", url)

    told = "taskmill: the logs of `taskmill dev` are in the terminal that it runs in\n"
    assert (result.exit_code, result.stderr) == (2, told)


@pytest.mark.parametrize(
    ("text", "span"),
    [("30s", timedelta(seconds=30)), ("10m", timedelta(minutes=10)), ("7d", timedelta(days=7))],
)
def test_spans(text: str, span: timedelta) -> None:
    assert read_span(text) == span


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "1w"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no span such as"):
        read_span(text)
