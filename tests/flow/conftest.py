from collections.abc import Iterator

import flow_tasks
import pytest

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
