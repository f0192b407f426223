from collections.abc import Iterator

import pytest
import unit_tasks
from hypothesis import HealthCheck, settings
from moto_cloud import MotoCloud

from taskmill.testing import InProcessCloud

# The same examples in every run; no deadline, since the machines of a CI are shared.
settings.register_profile(
    "taskmill",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("taskmill")


@pytest.fixture
def calls() -> list[object]:
    """What the task functions noted in this test."""
    unit_tasks.CALLS.clear()
    return unit_tasks.CALLS


@pytest.fixture
def cloud(request: pytest.FixtureRequest, calls: list[object]) -> Iterator[InProcessCloud]:
    """In memory, or over moto where a test is marked `BOTH_TABLES`."""
    kind = MotoCloud if getattr(request, "param", "memory") == "moto" else InProcessCloud
    with kind(modules=["unit_tasks"]) as cloud:
        yield cloud
