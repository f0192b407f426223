from collections.abc import Iterator

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["api_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def api(cloud: InProcessCloud) -> InProcessApi:  # it calls the cloud in use
    """The API of `cloud`, for a signed caller."""
    return InProcessApi()
