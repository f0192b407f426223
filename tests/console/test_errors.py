"""Error groups, and bulk operations that begin at one."""

import csv
import re
from collections.abc import Callable
from pathlib import Path

from console_routes import awaits
from console_view import View
from playwright.sync_api import Locator, expect

Show = Callable[..., View]
AIRPORTS = Path(__file__).resolve().parents[2] / "examples/airports/data/airports.csv"


def groups(view: View) -> Locator:
    return view.main.locator("table.groups tbody tr")


def failed(view: View) -> None:
    """Failures of three causes, with ids, numbers and quoted texts that differ."""
    for number in range(12):
        view.behind.client.submit("console-parcel", f"nowhere {number}")
        view.behind.client.submit("console-refund", 1_000 + number)
        view.behind.client.submit("console-hostile", "the same")
    view.behind.run()


@awaits("errors")
def test_c04_failures_of_three_causes_are_three_rows(view: View) -> None:
    failed(view)

    view.open("/errors")

    expect(groups(view)).to_have_count(3)
    row = groups(view).filter(has_text="LookupError")
    expect(row).to_contain_text("12")
    expect(row).to_contain_text("console-parcel")
    expect(row.locator("svg").first).to_be_visible()


@awaits("errors")
def test_c04_a_group_has_a_sample_with_its_stack(view: View) -> None:
    failed(view)
    view.open("/errors")

    groups(view).get_by_role("link", name="LookupError").click()

    expect(view.main).to_contain_text("no street")
    expect(view.main).to_contain_text("console_tasks")


@awaits("errors")
def test_c05_a_resolved_group_opens_again_when_it_occurs_again(view: View) -> None:
    failed(view)
    view.open("/errors")
    row = groups(view).filter(has_text="PermissionError")
    row.get_by_role("button", name="Resolve").click()
    expect(row).to_have_count(0)

    view.behind.advance(60)
    view.behind.client.submit("console-refund", 4_711)
    view.behind.run()
    view.pass_time(4)
    view.open("/errors")

    expect(row).to_have_count(1)
    expect(row).to_contain_text("new since")


@awaits("errors")
def test_c05_an_ignored_group_stays_so(view: View) -> None:
    failed(view)
    view.open("/errors")
    groups(view).filter(has_text="PermissionError").get_by_role("button", name="Ignore").click()
    expect(groups(view)).to_have_count(2)

    view.behind.client.submit("console-refund", 4_711)
    view.behind.run()
    view.open("/errors")

    expect(groups(view)).to_have_count(2)


@awaits("errors", "bulk")
def test_c06_all_of_a_group_are_retried_by_a_task_on_the_server(view: View) -> None:
    failed(view)
    view.open("/errors")

    groups(view).filter(has_text="PermissionError").get_by_role("button", name="Retry all").click()
    dialog = view.page.get_by_role("dialog")
    expect(dialog.locator(".bulk-count")).to_contain_text("12 tasks will run again")
    dialog.get_by_label("Reason").fill("the limit was raised")
    dialog.get_by_role("button", name="Retry 12 tasks").click()
    expect(dialog.get_by_role("link", name="Its page")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("Close, it goes on|Done")).click()
    view.behind.run()

    view.go("/bulk")
    row = view.main.locator("table.bulk-table tbody tr")
    expect(row).to_contain_text("retry")
    expect(row).to_contain_text("the limit was raised")
    expect(row).to_contain_text("tester")
    runs = {each.run for each in view.behind.client.list(task_type="console-refund")}
    assert runs == {2}


@awaits("errors", "bulk", "statistics")
def test_c06_above_a_hundred_the_number_is_typed(view: View) -> None:
    for number in range(101):
        view.behind.client.submit("console-refund", 1_000 + number)
    view.behind.run()
    view.open("/errors")
    groups(view).get_by_role("button", name="Retry all").click()
    dialog = view.page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Retry 101 tasks")
    expect(button).to_be_disabled()

    dialog.get_by_label("Type 101").fill("101")

    expect(button).to_be_enabled()


@awaits("errors", "bulk")
def test_c23_in_production_a_bulk_action_asks_twice(show: Show) -> None:
    view = show(environment="prod")
    failed(view)
    view.open("/errors")
    groups(view).filter(has_text="LookupError").get_by_role("button", name="Retry all").click()
    dialog = view.page.get_by_role("dialog")

    dialog.get_by_role("button", name="Retry 12 tasks").click()

    expect(dialog.get_by_role("alert")).to_contain_text("prod")
    assert view.behind.paths("POST").count("/bulk") == 1  # only counted so far
    dialog.get_by_role("button", name=re.compile("^Yes, in prod")).click()
    expect(dialog.get_by_role("link", name="Its page")).to_be_visible()


def test_c04_the_airports_fail_as_one_group_and_are_counted_again_after_a_retry(
    show: Show,
) -> None:
    view = show(cloud={"modules": ["airport_tasks"], "folder": AIRPORTS.parents[1] / "tasks"})
    rows = list(csv.DictReader(AIRPORTS.read_text().splitlines()))
    view.behind.client.map("airport-import", rows, tolerated_failures="1%", code="all")
    view.behind.run()

    view.open("/fan-out/airport-import/all")
    expect(view.page.get_by_role("slider", name="Batch")).to_be_visible()
    expect(view.page.get_by_role("region", name="Subtasks by outcome")).to_contain_text("12")
    view.go("/errors")
    expect(groups(view)).to_have_count(1)
    expect(groups(view).locator("td.number")).to_have_text(["12", "12"])
    groups(view).get_by_role("button", name="Retry all 12").click()
    view.page.get_by_role("dialog").get_by_role("button", name=re.compile("^Retry 12")).click()
    expect(view.page.get_by_role("link", name="Its page")).to_be_visible()
    view.behind.run()
    view.open("/errors")

    expect(groups(view).locator("td.number")).to_have_text(["12", "24"])
