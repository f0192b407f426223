"""`taskmill console` in front of the deployed stack, in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import browser
from console_process import console_process
from deployed import ended, error_of, eventually
from page_guard import Guard
from playwright.sync_api import Locator, Page, expect

from taskmill.client import TaskClient
from taskmill.models import Task


@pytest.fixture
def page(shell: dict[str, str], tmp_path: Path) -> Iterator[Page]:
    """The page that the command has opened for the test's tenant."""
    with console_process(tmp_path, "--print", **shell) as console, browser() as chromium:
        assert console.cpu_seconds < 2.0
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(60_000)
        guard = Guard(console.line.partition("/#")[0])
        guard.expect("504")  # functions that start cold, all at once, on a busy machine
        guard.watch(context)
        page = context.new_page()
        page.goto(console.line)
        yield page
        context.close()
        guard.check()
        assert console.stop() == (0, "")


def shows(found: Locator, text: str) -> None:
    """Functions that start cold take their time."""
    expect(found).to_contain_text(text, timeout=60_000)


def go(page: Page, view: str) -> None:
    page.evaluate("hash => { location.hash = hash; }", view)


def test_c01_it_opens_with_nothing_deployed_but_the_stack_and_retries_what_failed(
    page: Page, client: TaskClient, tenant: str
) -> None:
    main = page.get_by_role("main")
    fine = ended(client, client.submit("echo", "shown"))
    failed = ended(client, client.submit("odd-fails", 3))
    assert (fine.status, failed.status) == ("COMPLETED", "FAILED")

    go(page, f"/{tenant}/tasks")
    shows(main.get_by_role("row").filter(has_text=fine.code), "completed")
    shows(main.get_by_role("row").filter(has_text=failed.code), "failed")

    go(page, f"/{tenant}/task/odd-fails/{failed.code}")
    shows(main, "3 is odd")
    page.get_by_role("button", name="Retry").click()

    def again() -> Task | None:
        task = client.get(failed)
        return task if (task.run, task.status) == (2, "FAILED") else None

    assert error_of(eventually(again))["message"] == "3 is odd"


def test_c04_what_fails_on_the_deployed_stack_is_a_group_of_errors(
    page: Page, client: TaskClient, tenant: str
) -> None:
    for value in (1, 2, 3):
        ended(client, client.submit("odd-fails", value))
    eventually(
        lambda: [
            each.counts for each in client.statistics().types if each.counts.get("FAILED") == 2
        ]
    )

    go(page, f"/{tenant}/errors")

    group = page.get_by_role("main").locator("table.groups tbody tr")
    shows(group, "ValueError")
    expect(group).to_have_count(1)
    expect(group).to_contain_text("2")
