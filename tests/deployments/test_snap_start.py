"""The stack with SnapStart, deployed: everything is called by aliases, and may be."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployed import aws_client, ended

from taskmill.client import TaskClient
from taskmill_local import LocalCloud

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("pipeline")]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """It checks policies, so a grant that names a function without its alias does not do."""
    cloud = LocalCloud(ROOT, state_dir=tmp_path_factory.mktemp("cloud"), report=lambda _: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        cloud.up(app="python snap_start_app.py", app_dir=HERE, port=port, enforce_iam=True)
        yield cloud
    finally:
        cloud.down()


@pytest.fixture
def client(cloud: LocalCloud) -> Iterator[TaskClient]:
    with TaskClient.from_outputs(cloud.outputs_file, tenant="mbc") as client:
        yield client


def test_a_task_runs_and_is_tried_again(client: TaskClient) -> None:
    task = ended(client, client.submit("flaky", 1))

    assert (task.status, task.attempts) == ("COMPLETED", 2)


def test_a_fan_out_counts_its_subtasks(client: TaskClient) -> None:
    task = ended(client, client.map("echo", range(30), batch_size=10))

    assert task.status == "COMPLETED"
    assert task.attributes["counts"] == {
        "total": 30,
        "completed": 30,
        "failed": 0,
        "cancelled": 0,
    }


def test_what_runs_is_a_published_version(cloud: LocalCloud) -> None:
    worker = cloud.status().outputs["WorkerFunctionName"]
    functions = aws_client(cloud.status().outputs, "lambda")

    [alias] = functions.list_aliases(FunctionName=worker)["Aliases"]
    found = functions.get_function_configuration(FunctionName=worker, Qualifier=alias["Name"])

    assert (alias["Name"], found["Version"]) == ("live", alias["FunctionVersion"])
    assert found["Version"] != "$LATEST"
    assert found["SnapStart"]["ApplyOn"] == "PublishedVersions"
