"""Tasks that use the user's resources, and Lambda functions of the user's that submit tasks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from deployed import Outputs, ended

from taskmill.client import TaskClient

PATIENCE_SECONDS = 120.0  # workers may be busy with what other tests have begun


def test_a_task_has_its_variables_its_secrets_and_its_bucket(client: TaskClient) -> None:
    task = ended(client, client.submit("own-resources", "here.txt"), seconds=PATIENCE_SECONDS)

    assert task.status == "COMPLETED", task.attributes
    assert client.result(task) == {"colour": "red", "secret": "hunter2", "rate": "7"}


def test_so_do_the_subtasks_of_a_fan_out(client: TaskClient) -> None:
    task = ended(client, client.map("own-resources", ["a.txt", "b.txt"]), seconds=PATIENCE_SECONDS)

    assert task.status == "COMPLETED", task.attributes


@pytest.mark.parametrize("name", ["HookName", "ConnectedName"])
def test_a_function_of_the_users_submits_tasks(
    stack: Outputs, aws: Callable[[str], Any], outputs_file: Path, name: str
) -> None:
    payload = json.dumps({"value": name}).encode()
    answer = aws("lambda").invoke(FunctionName=stack[name], Payload=payload)
    key = json.load(answer["Payload"])

    assert "FunctionError" not in answer, key
    with TaskClient.from_outputs(outputs_file, tenant="triggers") as client:
        task_type, code = key["sk"].split("#")
        task = ended(client, client.get(task_type, code), seconds=PATIENCE_SECONDS)
        assert client.result(task) == name
