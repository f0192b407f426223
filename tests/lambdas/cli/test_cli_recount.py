"""`taskmill stats --recount`: what it is told, what it tells."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from builders import any_key, any_row
from moto_calls import mock_aws
from typer.testing import CliRunner, Result

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.cli.app import app
from taskmill.model.clock import now_ms
from taskmill.model.statuses import Status
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.wiring import wired

LONG_AGO = 1_700_000_000_000
KEY = any_key(code="one")


def recounted(*words: str) -> Result:
    command = ["--tenant", KEY.tenant, *words, "stats", "--recount"]
    return CliRunner().invoke(app, command, catch_exceptions=False)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A table with a completed task, whose statistics say that it waits."""
    for name, value in {
        "TASKMILL_TABLE": "tasks",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        client = session.client("dynamodb")
        client.create_table(TableName="tasks", **TABLE_SCHEMA)
        gauge = {"pk": f"STAT#{KEY.tenant}", "sk": KEY.type, "row": "STATISTICS"}
        counts = {"QUEUED": 1, "asOf": LONG_AGO, "version": 7}
        client.put_item(TableName="tasks", Item=encode_item({**gauge, **counts}))
        store = wired({"TASKMILL_TABLE": "tasks"}, session=session).tasks
        store.put(any_row(key=KEY, status=Status.COMPLETED, updated_at=LONG_AGO))
        yield store


def test_wrong_numbers_are_corrected_and_told(store: Any) -> None:
    result = recounted()

    assert result.exit_code == 0, result.output
    assert result.stdout == f"corrected\t{KEY.type}\t\tQUEUED 1\tCOMPLETED 1\n"
    assert result.stderr == "1 rows counted; 1 numbers corrected\n"
    assert recounted().stderr == "1 rows counted; 0 numbers corrected\n"


def test_types_in_motion_are_told_and_left(store: Any) -> None:
    store.put(any_row(key=replace(KEY, code="two"), status=Status.QUEUED, updated_at=now_ms()))

    (told,) = json.loads(recounted("--json").stdout)["wrong"]

    assert told == {
        "did": "busy",
        "type": KEY.type,
        "error": None,
        "was": {"QUEUED": 1},
        "counted": {"COMPLETED": 1, "QUEUED": 1},
    }
