"""One local cloud with the real stack for all tests here; it checks signatures and policies."""

import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deployed import Inbox, Outputs, aws_client, reaches

from taskmill.client import TaskClient
from taskmill.models import Task
from taskmill.schedule_models import Schedule
from taskmill.service import TaskService
from taskmill.wiring import Wiring
from taskmill_local import LocalCloud

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
APP = "python app.py"


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder share a process, and so a cloud; those that wait long go last."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))
    items.sort(key=lambda item: item.path == HERE / "test_crashes.py")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The stack of ``app/``, deployed by `cdk deploy`; gone at the end, whatever happens."""
    cloud = LocalCloud(ROOT, state_dir=tmp_path_factory.mktemp("cloud"), report=_tell)
    try:
        cloud.up(app=APP, app_dir=HERE / "app", port=_free_port(), enforce_iam=True)
        yield cloud
    finally:
        cloud.down()


@pytest.fixture(scope="session")
def outputs_file(cloud: LocalCloud) -> Path:
    return cloud.outputs_file


@pytest.fixture(scope="session")
def stack(cloud: LocalCloud) -> Outputs:
    """The outputs of the stack, and how to reach it."""
    return cloud.status().outputs


@dataclass(frozen=True)
class UnderWay:
    """What takes long, because something has to time out or a minute to pass: begun before all.

    Attributes:
        minutely: A schedule of `echo` that fires every minute.
    """

    client: TaskClient
    dies_once: Task
    dies: Task
    dies_for_ever: Task
    hangs: Task
    one_kills: Task
    one_hangs: Task
    minutely: Schedule


@pytest.fixture(scope="session")
def under_way(outputs_file: Path, alarms: Inbox) -> Iterator[UnderWay]:
    with TaskClient.from_outputs(outputs_file, tenant="under-way") as client:

        def begun(task_type: str, value: Any = None) -> Task:
            """One after the other: those of one delivery would die together."""
            return reaches(client, client.submit(task_type, value), "STARTED")

        lives = ["fine"] * 4
        minutely = client.put_schedule("minutely", "echo", "cron(* * * * ? *)", {"year": 2026})
        yield UnderWay(
            client=client,
            minutely=minutely,
            dies_once=begun("dies-once"),
            dies=begun("dies"),
            hangs=begun("hangs", "hang"),
            # Last: what is received together with it may meet it again and again, and never begin.
            dies_for_ever=begun("dies-for-ever"),
            one_kills=client.map("kills-its-worker", [*lives, "killer", *lives], batch_size=9),
            one_hangs=client.map("hangs", ["fine", "hang", "fine"], tolerated_failures=1),
        )


@pytest.fixture(scope="session", autouse=True)
def _begin_early(under_way: UnderWay) -> None:
    """What takes long runs beside the first tests."""


@pytest.fixture(scope="session")
def news(stack: Outputs) -> Inbox:
    """What the status topic publishes, as SNS wraps it."""
    return Inbox(stack, "StatusTopicArn", raw=False)


@pytest.fixture(scope="session")
def alarms(stack: Outputs) -> Inbox:
    """What the alarm topic publishes, raw."""
    return Inbox(stack, "AlarmTopicArn", raw=True)


@pytest.fixture
def tenant() -> str:
    """A tenant of the test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def shell(stack: Outputs, tenant: str) -> dict[str, str]:
    """The environment of a shell whose commands are for the test's tenant."""
    return {
        "TASKMILL_URL": stack["ApiUrl"],
        "TASKMILL_TENANT": tenant,
        "AWS_REGION": stack["Region"],
        "AWS_ACCESS_KEY_ID": stack["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": stack["SecretAccessKey"],
    }


@pytest.fixture
def client(outputs_file: Path, tenant: str) -> Iterator[TaskClient]:
    with TaskClient.from_outputs(outputs_file, tenant=tenant) as client:
        yield client


@pytest.fixture(scope="session")
def aws(stack: Outputs) -> Callable[[str], Any]:
    """Makes a client of the cloud's root user by service name."""
    return lambda service: aws_client(stack, service)


@pytest.fixture(scope="session")
def service(stack: Outputs, aws: Callable[[str], Any]) -> TaskService:
    """The task service in this process, on the deployed table, bucket and topic."""
    settings = {
        "TASKMILL_TABLE": stack["TableName"],
        "TASKMILL_BUCKET": stack["BucketName"],
        "TASKMILL_ALARM_TOPIC_ARN": stack["AlarmTopicArn"],
    }
    return Wiring(settings, aws).service


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tell(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  # shown with the first test when the cloud fails
