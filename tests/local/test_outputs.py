"""The outputs of an app with several stacks, as they are written, chosen and read."""

import json
from pathlib import Path

import pytest

from taskmill.client import NotConfigured, TaskClient
from taskmill.client.outputs import local_outputs
from taskmill_local import LocalCloudError
from taskmill_local.outputs import describe, read, write

STACKS = {
    "Dev": {"TableName": "dev-tasks", "ApiId": "d1"},
    "Prod": {"TableName": "prod-tasks", "ApiId": "p1"},
    "Network": {"VpcId": "vpc-1"},
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TASKMILL_URL", "TASKMILL_STACK", "TASKMILL_TENANT", "TASKMILL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".local").mkdir()
    return tmp_path


def deployed(project: Path, stack: str | None = None) -> None:
    outputs = describe(STACKS, port=4700, stack=stack)
    write(project / ".local" / "outputs.json", outputs, STACKS, 4700)


def test_one_stack_with_tasks_among_others_needs_no_choice() -> None:
    stacks = {name: STACKS[name] for name in ("Network", "Dev")}

    outputs = describe(stacks, port=4700)

    assert (outputs["TableName"], outputs["VpcId"], outputs["StackName"]) == (
        "dev-tasks",
        "vpc-1",
        "Dev",
    )


def test_a_client_asks_which_of_several_stacks_is_meant(project: Path) -> None:
    deployed(project)

    with pytest.raises(
        NotConfigured, match=r"which stack .* --stack .* TASKMILL_STACK: Dev or Prod"
    ):
        TaskClient(tenant="acme")


def test_the_environment_chooses_one_of_several(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed(project)
    monkeypatch.setenv("TASKMILL_STACK", "Prod")

    outputs = local_outputs()

    assert outputs["TableName"] == "prod-tasks"
    assert outputs["ApiUrl"] == "http://localhost:4700/_aws/execute-api/p1"
    assert local_outputs(stack="Dev")["TableName"] == "dev-tasks"


def test_the_one_that_up_was_told_is_the_default(project: Path) -> None:
    deployed(project, "Prod")

    assert local_outputs()["TableName"] == "prod-tasks"
    assert local_outputs(stack="Dev")["TableName"] == "dev-tasks"


def test_a_stack_that_is_not_there_is_not_another_one(project: Path) -> None:
    deployed(project)

    outputs = local_outputs(stack="Test")

    assert "TableName" not in outputs
    assert outputs["TaskStacks"] == "Dev,Prod"


def test_up_refuses_a_stack_that_the_app_does_not_have() -> None:
    with pytest.raises(LocalCloudError, match=r"no stack Test\. It has: Dev, Prod, Network"):
        describe(STACKS, port=4700, stack="Test")


def test_status_shows_the_outputs_of_all(project: Path) -> None:
    deployed(project)

    shown = read(project / ".local" / "outputs.json")

    assert (shown["Dev.TableName"], shown["Prod.TableName"]) == ("dev-tasks", "prod-tasks")
    assert json.dumps(shown)
