"""`taskmill sweep`: what it is told, what it tells, how it ends."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from builders import any_key, any_row
from moto_calls import mock_aws
from typer.testing import CliRunner, Result

from taskmill.cli.app import app
from taskmill.model.statuses import Status
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.wiring import wired

LONG_AGO = 1_700_000_000_000
LOST = any_key(code="lost")
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:subtasks"


def sweep(*words: str) -> Result:
    return CliRunner().invoke(app, ["sweep", *words], catch_exceptions=False)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A stack whose one task has lost its message; its queue."""
    for name in (
        "TABLE",
        "QUEUE_URL",
        "STATE_MACHINE_ARN",
        "PRIORITY_QUEUE_URL",
        "CONTAINER_QUEUE_URL",
        "RUNNER",
    ):
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)
    for name, value in {
        "TASKMILL_TABLE": "tasks",
        "TASKMILL_STATE_MACHINE_ARN": MACHINE,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        session.client("dynamodb").create_table(TableName="tasks", **TABLE_SCHEMA)
        queue = session.resource("sqs").create_queue(QueueName="work")
        monkeypatch.setenv("TASKMILL_QUEUE_URL", queue.url)
        store = wired({"TASKMILL_TABLE": "tasks"}, session=session).tasks
        store.put(any_row(key=LOST, status=Status.QUEUED, updated_at=LONG_AGO))
        yield queue


def sent(queue: Any) -> list[dict[str, str]]:
    return [json.loads(each.body) for each in queue.receive_messages(MaxNumberOfMessages=10)]


def test_a_lost_task_is_sent_again_and_told(stack: Any) -> None:
    result = sweep()

    assert (result.exit_code, sent(stack)) == (0, [LOST.as_dict()])
    assert result.stdout == f"sent\tQUEUED\t{LOST}\tits message is gone\n"
    assert result.stderr == "1 of 1 idle open tasks were sent on\n"


def test_a_dry_run_sends_nothing(stack: Any) -> None:
    result = sweep("--dry-run")

    assert (result.exit_code, sent(stack)) == (0, [])
    assert "its message is gone" in result.stdout
    assert result.stderr == "1 of 1 idle open tasks would be sent on\n"


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    ("queue", "url"),
    [
        ({"runner": "container"}, "TASKMILL_CONTAINER_QUEUE_URL"),
        ({"pool": "my-large"}, "TASKMILL_POOL_MY_LARGE_URL"),
    ],
    ids=["containers", "a pool"],
)
def test_a_task_of_another_queue_goes_there_or_nowhere(
    stack: Any, monkeypatch: pytest.MonkeyPatch, queue: dict[str, Any], url: str, *, known: bool
) -> None:
    session = boto3.Session(region_name="us-east-1")
    key = any_key(code="elsewhere")
    store = wired({"TASKMILL_TABLE": "tasks"}, session=session).tasks
    store.put(any_row(key=key, status=Status.QUEUED, updated_at=LONG_AGO, **queue))
    others = session.resource("sqs").create_queue(QueueName="others")
    if known:
        monkeypatch.setenv(url, others.url)

    result = sweep()

    assert sent(stack) == [LOST.as_dict()]
    assert sent(others) == ([key.as_dict()] if known else [])
    assert (str(key) in result.stdout) is known


def test_as_json(stack: Any) -> None:
    told = json.loads(sweep("--json").stdout)

    assert (told["open"], told["errors"]) == (1, 0)
    assert [(each["sk"], each["did"], each["status"]) for each in told["tasks"]] == [
        (LOST.sk, "sent", "QUEUED")
    ]


def test_a_second_sweep_has_nothing_to_do(stack: Any) -> None:
    sweep()

    assert sweep().stdout == ""


def test_all_that_is_missing_is_told(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TASKMILL_STATE_MACHINE_ARN")

    result = sweep()

    assert result.exit_code == 2
    assert "not set: TASKMILL_STATE_MACHINE_ARN (stack output StateMachineArn)." in result.stderr


def test_an_error_of_aws_is_told_in_a_line(stack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_TABLE", "no-such-table")

    result = sweep()

    assert (result.exit_code, result.stdout) == (4, "")
    assert "ResourceNotFoundException" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_row_that_cannot_be_repaired_is_told_in_the_exit_code(stack: Any) -> None:
    boto3.client("dynamodb", "us-east-1").update_item(
        TableName="tasks",
        Key={name: {"S": value} for name, value in LOST.stored._asdict().items()},
        UpdateExpression="SET updatedAt = :then, #status = :created, runAt = :text",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":then": {"N": "1"},
            ":created": {"S": "CREATED"},
            ":text": {"S": "noon"},
        },
    )

    result = sweep()

    assert (result.exit_code, result.stdout) == (4, "")
    assert "1 could not be looked at or sent on" in result.stderr


def test_a_grace_below_a_quarter_of_an_hour_is_refused(stack: Any) -> None:
    result = sweep("--grace", "5")

    assert result.exit_code == 2
    assert "15" in result.stderr
