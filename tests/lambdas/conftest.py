"""One cloud per module: tests keep apart by their tenants (`any_tenant`)."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from taskmill.testing import InProcessCloud

# The same examples in every run; no deadline, since the machines of a CI are shared.
settings.register_profile(
    "taskmill",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "taskmill"))


@pytest.fixture(scope="module")
def shared_cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["unit_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def cloud(shared_cloud: InProcessCloud) -> InProcessCloud:
    """The module's cloud, its queues and topics empty; rows of other tests remain."""
    shared_cloud.queues.queues.clear()
    shared_cloud.topics.published.clear()
    shared_cloud.stream.take(1_000_000)
    return shared_cloud
