"""`local up` after a change of task code alone: the functions have it without the CDK."""

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deployed import ended

from taskmill.client import TaskClient
from taskmill_local import LocalCloud, LocalCloudError

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("swap")]

APP = """\
import taskmill_cdk.bundled_node
from aws_cdk import App
from taskmill_cdk import TaskSource, TaskStack

app = App()
TaskStack(app, "Swap", tasks=TaskSource(folder="tasks", modules=["swapped"]), local=True)
app.synth()
"""
TASKS = """\
from taskmill import task


@task("swapped-greet")
def swapped_greet(name: str) -> str:
    return f"Hello, {name}!"
"""


class Project:
    """A project in a folder of its own, and its local cloud."""

    def __init__(self, folder: Path, port: int) -> None:
        self.steps: list[str] = []
        self.module = folder / "tasks" / "swapped.py"
        self.module.parent.mkdir()
        self.module.write_text(TASKS)
        (folder / "app.py").write_text(APP)
        (folder / ".local").mkdir()
        (folder / ".local" / "tools").symlink_to(ROOT / ".local" / "tools")
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        self.cloud = LocalCloud(folder, report=self.steps.append)
        self._port: int | None = port

    def up(self) -> list[str]:
        """Deploy, and tell the steps of it without their times."""
        self.steps.clear()
        os.environ.pop("PYTEST_CURRENT_TEST", None)  # each test has its own
        self.cloud.up(port=self._port)
        self._port = None
        return [step.strip().split("  ", 1)[1] for step in self.steps]

    def greeting(self) -> object:
        with TaskClient.from_outputs(self.cloud.outputs_file, tenant="acme") as client:
            task = ended(client, client.submit("swapped-greet", "Ada"))
            return client.result(task) if task.status == "COMPLETED" else task


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    project = Project(tmp_path_factory.mktemp("project"), port)
    try:
        assert "1 task type: swapped-greet" in project.up()
        yield project
    finally:
        project.cloud.down()


def test_without_a_change_nothing_is_deployed(project: Project) -> None:
    steps = project.up()

    assert "nothing has changed since the last deploy" in steps
    assert "deploying" not in steps


def test_changed_code_runs_and_goes_back_with_the_next_full_deploy(project: Project) -> None:
    project.module.write_text(TASKS.replace("Hello", "Bonjour"))
    began = time.monotonic()

    steps = project.up()

    assert "deploying" not in steps
    assert time.monotonic() - began < 15  # a deploy by the CDK takes longer on an idle machine
    assert project.greeting() == "Bonjour, Ada!"

    project.module.write_text(TASKS)
    project.cloud.up(full=True)
    assert project.greeting() == "Hello, Ada!"


def test_code_that_cannot_be_imported_is_told_with_its_place_and_not_deployed(
    project: Project,
) -> None:
    project.module.write_text(TASKS.replace("-> str:", "-> str"))
    with pytest.raises(LocalCloudError, match=r"swapped\.py:5: SyntaxError: expected ':'"):
        project.up()

    project.module.write_text(f"{TASKS}\nimport nowhere_to_be_found\n")
    with pytest.raises(LocalCloudError, match=r"swapped\.py:8: ModuleNotFoundError.*nowhere_to"):
        project.up()

    assert project.greeting() == "Hello, Ada!"
