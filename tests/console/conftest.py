"""What the tests of the console in a browser share."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import browsing
import console_view
import pytest
from forgotten import types_forgotten
from playwright.sync_api import Browser

from taskmill.console.demo.shop import TENANT as SHOP
from taskmill.console.demo.shop import demo_cloud
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

    The arguments are those of `InProcessCloud` under `cloud`, or a cloud that exists under `of`,
    and those of `console_view.view`.
    """
    with ExitStack() as stack:
        views: list[console_view.View] = []

        def make(
            *,
            cloud: dict[str, Any] | None = None,
            of: InProcessCloud | None = None,
            **how: Any,
        ) -> console_view.View:
            entered = of or clouded(cloud)
            made = stack.enter_context(console_view.view(browser, entered, **how))
            views.append(made)
            return made

        def clouded(cloud: dict[str, Any] | None) -> InProcessCloud:
            settings = {"modules": ["console_tasks"], **(cloud or {})}
            if "folder" in settings:  # whose types may be others' examples
                stack.enter_context(types_forgotten())
            return stack.enter_context(InProcessCloud(**settings))

        yield make
        for each in views:
            each.guard.check()


@pytest.fixture(scope="module")
def shop() -> Iterator[InProcessCloud]:
    """The demo's cloud, with some of everything in it, whose time stands still.

    Made once for the tests of a module, which therefore change nothing in it.
    """
    with demo_cloud(frozen=True, past_hours=3) as cloud:
        yield cloud


@pytest.fixture
def show_shop(show: Open, shop: InProcessCloud) -> Open:
    """As `show`, in front of the demo's cloud."""
    return partial(show, of=shop, tenant=SHOP)


@pytest.fixture
def view(show: Open) -> console_view.View:
    """A page in front of a cloud of its own, as most tests want it."""
    return show()
