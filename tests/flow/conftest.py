from collections.abc import Iterator

import botocore.session
import flow_tasks
import pytest
from clouds import TENANT
from network import URL, Network

from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud


@pytest.fixture
def runs() -> list[object]:
    """What the task functions noted in this test."""
    flow_tasks.RUNS.clear()
    return flow_tasks.RUNS


@pytest.fixture
def cloud(runs: list[object]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def client(cloud: InProcessCloud) -> Iterator[TaskClient]:
    """A client of the cloud's API; whatever it submits waits until the cloud runs."""
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret")
    network = Network(cloud, idle=True)
    with TaskClient(URL, tenant=TENANT, session=session, transport=network) as client:
        yield client
