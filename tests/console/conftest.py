"""What the tests of the console in a browser share."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import browsing
import console_view
import pytest
from forgotten import types_forgotten
from playwright.sync_api import Browser

from taskmill.testing import InProcessCloud

HERE = Path(__file__).parent
Open = Callable[..., console_view.View]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs all of them: one browser at a time is enough for two cores."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def started() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    with browsing.browser() as browser:
        running = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, running
        asyncio._set_running_loop(running)


@pytest.fixture
def browser(started: tuple[Browser, asyncio.AbstractEventLoop]) -> Iterator[Browser]:
    browser, running = started
    with browsing.loop_of(running):
        yield browser


@pytest.fixture
def show(browser: Browser) -> Iterator[Open]:
    """Makes a page in front of a cloud of its own; what the page complains about fails the test.

    The arguments are those of `InProcessCloud` under `cloud`, and those of `console_view.view`.
    """
    with ExitStack() as stack:
        views: list[console_view.View] = []

        def make(*, cloud: dict[str, Any] | None = None, **how: Any) -> console_view.View:
            settings = {"modules": ["console_tasks"], **(cloud or {})}
            if "folder" in settings:  # whose types may be others' examples
                stack.enter_context(types_forgotten())
            entered = stack.enter_context(InProcessCloud(**settings))
            made = stack.enter_context(console_view.view(browser, entered, **how))
            views.append(made)
            return made

        yield make
        for each in views:
            each.guard.check()


@pytest.fixture
def view(show: Open) -> console_view.View:
    """A page in front of a cloud of its own, as most tests want it."""
    return show()
