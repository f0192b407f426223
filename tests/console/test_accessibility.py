"""What axe says of pages with tasks on them, and of what opens above a page."""

from collections.abc import Callable, Iterator

import pytest
from console_view import Theme, View
from playwright.sync_api import expect

from taskmill.model.keys import Kind

Show = Callable[..., View]
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
STILL = {"reduced_motion": "reduce"}  # colours are looked at when they have arrived
LINES = [{"at": "2026-01-07T13:00:00Z", "level": "ERROR", "message": "declined", "order": 19}]


def task_pages(view: View) -> Iterator[str]:
    """A family whose tasks have all ended, a failed task, a fan-out in the middle of its work."""
    client = view.behind.client
    family = next(iter(client.list(task_type="fulfil-order", status="COMPLETED")))
    failed = next(iter(client.list(task_type="invoice", status="FAILED")))
    rows = next(iter(client.list(kind=Kind.SFN_TASK, status="PROCESSING")))
    for name, task, tabs in (
        ("fulfil-order", family, ("overview", "input", "result", "history", "logs")),
        ("invoice", failed, ("input", "error", "history")),
    ):
        yield from (f"/task/{name}/{task.code}?tab={tab}" for tab in tabs)
    parked = next(iter(client.list(task_type="print-label", status="PARKED")))
    yield f"/task/print-label/{parked.code}"
    yield f"/fan-out/import-product/{rows.code}"
    yield f"/fan-out/import-product/{rows.code}/7?list=all"


def pages(view: View) -> Iterator[str]:
    """Addresses of all kinds of pages, each with rows in it."""
    group = view.behind.client.error_groups()
    yield from ("", "?period=30d", "/tasks", "/tasks?q=status:failed+created:<3h", "/fan-outs")
    yield from ("/errors", f"/errors/{next(iter(group)).fingerprint}")
    yield from ("/schedules", "/schedules/report", "/callbacks", "/health", "/bulk")
    yield from ("/limits", "/limits?name=print-label")
    yield from ("/submit", "/submit/charge-card", "/submit/fulfil-order")
    yield from task_pages(view)


@THEMES
def test_c21_axe_finds_nothing_on_any_page_with_tasks(show_shop: Show, theme: Theme) -> None:
    view = show_shop(theme=theme, read_logs=lambda _: LINES, context=STILL)
    view.open()
    found, bare = {}, []

    for page in pages(view):
        view.go(page)
        found[page] = view.violations()
        if not view.main.locator("table, [role=grid], [role=treegrid], form, .state").count():
            bare.append(page)

    assert {page: faults for page, faults in found.items() if faults} == {}
    assert bare == []


def test_c21_axe_finds_nothing_in_what_opens_above_a_page_in_either_theme(
    show_shop: Show,
) -> None:
    view = show_shop(context=STILL)
    found = {}

    def look(name: str) -> None:
        found[name] = view.violations_in_both_themes()

    view.open("/tasks?q=status:failed")
    view.page.keyboard.press("j")
    view.page.keyboard.press("x")
    expect(view.page.get_by_text("1 row selected")).to_be_visible()
    look("selection")
    for key, name in (("Control+k", "palette"), ("?", "help")):
        view.page.keyboard.press(key)
        expect(view.page.get_by_role("dialog")).to_be_visible()
        look(name)
        view.page.keyboard.press("Escape")
    for name, at in (("tenants", 0), ("settings", 1)):
        view.page.locator(".header .menu > button").nth(at).click()
        expect(view.page.get_by_role("menu")).to_be_visible()
        look(name)
        view.page.keyboard.press("Escape")
    view.page.keyboard.press("/")
    view.page.keyboard.type("status:fa")
    expect(view.page.get_by_role("option").first).to_be_visible()
    look("suggestions")
    view.open("/errors")
    view.main.get_by_role("button", name="Retry all").first.click()
    expect(view.page.get_by_role("dialog").locator(".bulk-count")).to_be_visible()
    look("bulk dialog")
    view.open("/limits")
    for name in ("Set…", "Unset…", "Set a limit…", "Pause…"):
        view.main.get_by_role("button", name=name, exact=True).first.click()
        expect(view.page.get_by_role("dialog")).to_be_visible()
        look(name)
        view.page.keyboard.press("Escape")

    assert {name: faults for name, faults in found.items() if faults} == {}
