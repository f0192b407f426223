"""A console in front of an in-process cloud, on a real port."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from console_page import page_in

from taskmill.console.serving import Place, serve
from taskmill.testing import InProcessCloud


@pytest.fixture(scope="module")
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["client_tasks"]) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_in(tmp_path_factory.mktemp("console") / "static")


@pytest.fixture(scope="module")
def place(cloud: InProcessCloud, static: Path) -> Iterator[Place]:
    with serve(cloud, static=static) as place:
        yield place


@pytest.fixture
def page(place: Place) -> Iterator[httpx.Client]:
    """What a page of the console may do."""
    headers = {
        "x-taskmill-key": place.key,
        "origin": place.url,
        "sec-fetch-site": "same-origin",
    }
    with httpx.Client(base_url=place.url, headers=headers) as page:
        yield page
