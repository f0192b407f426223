"""Times as people read them: relative, exact on hover, in UTC or local time, never negative."""

import re
from typing import Any

import httpx
from console_view import View
from playwright.sync_api import Locator, expect

EXACT = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (UTC|\+01:00|\+02:00)$")


def created(view: View) -> Locator:
    return view.page.get_by_role("grid", name="Tasks").locator("time").first


def test_c29_times_are_relative_with_the_exact_time_on_hover(view: View) -> None:
    view.behind.client.submit("console-echo", 1, code="one")
    view.behind.advance(600)
    view.open("/tasks")

    expect(created(view)).to_have_text(re.compile(r"^10 min ago$"))
    expect(created(view)).to_have_attribute("title", EXACT)


def test_c29_one_click_changes_between_utc_and_local_time(view: View) -> None:
    view.behind.client.submit("console-echo", 1, code="one")
    view.open("/tasks")
    expect(created(view)).to_have_attribute("title", re.compile(r"\+0[12]:00$"))  # Berlin

    view.page.get_by_role("button", name="Times in local time").click()
    expect(created(view)).to_have_attribute("title", re.compile(" UTC$"))
    view.open("/tasks")
    expect(created(view)).to_have_attribute("title", re.compile(" UTC$"))

    view.page.get_by_role("button", name="Times in UTC").click()
    expect(created(view)).to_have_attribute("title", re.compile(r"\+0[12]:00$"))


def test_c29_no_duration_is_negative_when_clocks_disagree(view: View) -> None:
    skewed: dict[str, Any] = {
        "pk": "TASK#acme",
        "sk": "console-echo#skew",
        "kind": "TASK",
        "type": "console-echo",
        "code": "skew",
        "status": "COMPLETED",
        "attempts": 1,
        "createdAt": "2026-11-28T01:00:05.000Z",
        "startedAt": "2026-11-28T01:00:03.000Z",
        "finishedAt": "2026-11-28T01:00:01.000Z",
        "version": 1,
        "attributes": {},
    }
    listed = {"items": [skewed], "cursor": None}
    view.behind.stub(r"/acme/tasks$", lambda _: httpx.Response(200, json=listed))
    view.behind.stub(r"/console-echo/skew$", lambda _: httpx.Response(200, json=skewed))

    none = {"nodes": [], "items": [], "cursor": None}
    view.behind.stub(r"/skew/(tree|children)$", lambda _: httpx.Response(200, json=none))

    view.open("/tasks?q=type:console-echo")
    span = view.page.get_by_role("grid", name="Tasks").locator(".cell.span").nth(1)
    expect(span).to_contain_text("waited 0 ms, ran 0 ms")
    view.open("/task/console-echo/skew?tab=overview")

    summary = view.page.get_by_role("region", name="Time of this task")
    expect(summary).to_contain_text("0 ms")
    assert not re.search(r"[-\u2212]\d+ ?(ms|s|min|h|d)\b", view.main.inner_text())
