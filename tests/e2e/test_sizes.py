"""Payloads of every size that is accepted work; the rest is refused with the limit named."""

import json

import pytest
from deployed import call, ended

from taskmill.client import TaskClient
from taskmill.errors import LimitExceeded

SIZES = [1, 700, 3_000, 5_000, 9_000, 130_000, 400_000, 5_000_000]
LIMIT = 6_000_000  # what the stack of these tests accepts


def text_of(size: int) -> str:
    """A string whose JSON has about this many bytes; each character takes two."""
    return "é" * (size // 2) if size > 1 else "x"


@pytest.mark.parametrize("size", SIZES)
def test_a_task_takes_and_returns_any_size(client: TaskClient, size: int) -> None:
    task = ended(client, client.submit("big-echo", text_of(size)))

    assert task.status == "COMPLETED"
    assert client.result(task) == text_of(size)


def test_a_fan_out_by_upload_takes_and_returns_any_size(client: TaskClient) -> None:
    task = client.map("big-echo", (text_of(size) for size in SIZES))

    assert task.input_ref is not None
    assert "_uploads/" in task.input_ref
    assert ended(client, task).status == "COMPLETED"
    for subtask, size in zip(client.subtasks(task), SIZES, strict=True):
        assert client.result(subtask) == text_of(size)


def test_a_fan_out_in_one_request_is_kept_in_the_bucket(client: TaskClient) -> None:
    task = client.map("big-echo", [text_of(size) for size in SIZES[:-1]])

    assert task.input_ref is not None
    assert ended(client, task).status == "COMPLETED"
    assert [client.result(each) for each in client.subtasks(task)] == [
        text_of(size) for size in SIZES[:-1]
    ]


def test_an_upload_above_the_configured_maximum_is_refused_with_the_limit(
    client: TaskClient,
) -> None:
    with pytest.raises(LimitExceeded, match="at most 6,000,000 are accepted"):
        client.map("big-echo", ("x" * 100_000 for _ in range(61)))

    assert list(client.list()) == []


def test_an_input_above_the_configured_maximum_is_refused_with_the_limit(
    client: TaskClient,
) -> None:
    body = json.dumps({"taskType": "echo", "input": "x" * (LIMIT + 100)}).encode()

    answer = call(client, "POST", "tasks", body)

    assert answer.status_code == 413
    (detail,) = answer.json()["error"]["details"]
    assert (detail["field"], detail["limit"]) == ("input", LIMIT)


def test_a_request_larger_than_lambda_takes_is_refused(client: TaskClient) -> None:
    body = json.dumps({"taskType": "echo", "input": "x" * 6_400_000}).encode()

    answer = call(client, "POST", "tasks", body)

    assert answer.status_code == 413
