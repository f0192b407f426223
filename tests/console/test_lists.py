"""Lists of tasks: a million rows, the filter, what a page costs, rows that stay where they are."""

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
from console_routes import awaits
from console_view import View
from playwright.sync_api import Locator, expect
from ulid import ULID

Show = Callable[..., View]
ROWS = 1_000_000
PAGE = 50


def row(number: int, **more: Any) -> dict[str, Any]:
    """A made-up row of a list, as the API tells it."""
    code = f"row-{number:07}"
    return {
        "pk": "TASK#acme",
        "sk": f"console-echo#{code}",
        "kind": "TASK",
        "type": "console-echo",
        "code": code,
        "status": "COMPLETED",
        "attempts": 1,
        "maxAttempts": 3,
        "createdAt": "2026-11-28T01:00:00.000Z",
        "startedAt": "2026-11-28T01:00:01.000Z",
        "finishedAt": "2026-11-28T01:00:02.000Z",
        "version": 3,
        "attributes": {},
        **more,
    }


def million(request: httpx.Request) -> httpx.Response:
    """A page of the list of a million rows; its cursor is the number of its first row."""
    first = int(request.url.params.get("cursor") or 0)
    items = [row(number) for number in range(first, min(first + PAGE, ROWS))]
    following = first + PAGE
    body = {"items": items, "cursor": str(following) if following < ROWS else None}
    return httpx.Response(200, json=body, headers={"x-taskmill-read-units": "12"})


def grid(view: View) -> Locator:
    return view.page.get_by_role("grid", name="Tasks")


def rows_in_document(view: View) -> int:
    return grid(view).locator("[role=row]").count()


def scrolled(view: View, by: int) -> None:
    view.page.evaluate(
        "by => { document.querySelector('[role=grid]').scrollBy(0, by); }",
        by,
    )
    view.page.wait_for_timeout(120)


def test_c07_a_million_rows_scroll_with_under_60_in_the_document(view: View) -> None:
    view.behind.stub(r"/acme/tasks$", million)
    view.open("/tasks?q=type:console-echo")
    most = 0

    for _ in range(20):
        scrolled(view, 3_000)
        most = max(most, rows_in_document(view))

    seen = grid(view).locator("[data-index]").first.get_attribute("data-index")
    assert most < 60
    assert int(str(seen)) > 500


def test_c07_the_position_survives_back(view: View) -> None:
    view.behind.stub(r"/acme/tasks$", million)
    view.behind.stub(
        r"/acme/tasks/console-echo/row-\d+$",
        lambda request: httpx.Response(200, json=row(int(request.url.path[-7:]))),
    )
    view.open("/tasks?q=type:console-echo")
    for _ in range(12):
        scrolled(view, 2_500)
    link = grid(view).locator("a", has_text="row-").nth(12)
    text = link.inner_text()
    view.guard.expect("status of 404")  # the tree of a task that is made up
    before = link.bounding_box()

    link.click()
    view.page.wait_for_url("**/task/console-echo/**")
    view.settled()
    view.page.go_back()

    again = grid(view).get_by_text(text, exact=True)
    expect(again).to_be_visible()
    after = again.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2


def test_c08_the_filter_is_in_the_address_and_a_pasted_address_gives_the_same(
    view: View,
) -> None:
    for amount in (5, 500, 600):
        view.behind.client.submit("console-refund", amount, code=f"r{amount}")
    view.behind.client.submit("console-echo", 1, code="other")
    view.behind.run()
    view.open("/tasks")

    field = view.page.get_by_role("combobox", name="Filter")
    for term in ("type:console-refund", "status:failed"):
        field.fill(term)
        field.press("Enter")
    expect(grid(view).locator("[data-index]")).to_have_count(2)
    address = view.address

    assert "console-refund" in address
    assert "failed" in address
    view.page.reload()
    expect(grid(view).locator("[data-index]")).to_have_count(2)


def test_c08_suggestions_complete_a_term(view: View) -> None:
    view.open("/tasks")
    view.page.keyboard.press("/")
    field = view.page.get_by_role("combobox", name="Filter")
    expect(field).to_be_focused()

    view.page.keyboard.type("status:fa")
    expect(view.page.get_by_role("option")).to_have_count(1)
    view.page.keyboard.press("ArrowDown")
    view.page.keyboard.press("Enter")

    expect(view.page.get_by_role("button", name="Remove status:failed")).to_be_visible()


def test_c08_cells_and_chips_are_clickable(view: View) -> None:
    view.behind.client.submit("console-refund", 500)
    view.behind.client.submit("console-refund", 5)
    view.behind.run()
    view.open("/tasks?q=type:console-refund")

    grid(view).get_by_role("link", name="failed").click()
    expect(grid(view).locator("[data-index]")).to_have_count(1)
    view.page.get_by_role("button", name="Remove status:failed").click()

    expect(grid(view).locator("[data-index]")).to_have_count(2)


def test_c08_a_term_that_is_not_understood_says_why(view: View) -> None:
    view.open("/tasks?q=status:lost")

    chip = view.page.locator(".chip[data-fault=true]")

    expect(chip).to_have_attribute("title", 'there is no status "lost"')


def test_c09_a_time_range_reads_no_row_outside_of_it(view: View) -> None:
    def submit(count: int, ago: int) -> None:
        for _ in range(count):  # the client's own codes would have the real time
            code = str(ULID.from_timestamp(view.cloud.now / 1000 - ago))
            view.behind.client.submit("console-echo", "x" * 500, code=code)
        view.behind.run()

    def units() -> float:
        view.behind.asked.clear()
        view.open("/tasks?q=type:console-echo+created:<1h")
        expect(grid(view).locator("[data-index]")).to_have_count(5)
        lists = [each for each in view.behind.asked if each.path.endswith("/acme/tasks")]
        return sum(each.units for each in lists)

    submit(5, ago=60)
    alone = units()
    submit(100, ago=7_200)

    assert units() == alone
    assert 0 < alone < 15


def test_c30_the_foot_says_what_the_view_has_read_and_what_that_costs(view: View) -> None:
    for number in range(60):
        view.behind.client.submit("console-echo", number)
    view.behind.run()

    view.open("/tasks?q=type:console-echo")
    expect(grid(view)).to_be_visible()
    view.page.wait_for_timeout(200)

    foot = view.page.locator("footer .reads")
    expect(foot).to_contain_text(re.compile(r"read [\d.,]+ units, \$"))
    told = float(re.sub(r".*read ([\d.,]+) units.*", r"\1", foot.inner_text()).replace(",", ""))
    asked = sum(each.units for each in view.behind.asked)
    assert told <= asked + 0.1
    assert told >= asked - 3  # of what is asked once, and not by this view
    assert told < 30


@awaits("statistics")
def test_c26_rows_under_the_pointer_do_not_jump_while_everything_changes(view: View) -> None:
    """100 changes a second for a minute: patched in place, and new rows wait for a click."""
    state = {"now": 0, "new": 0}

    def listed(_: httpx.Request) -> httpx.Response:
        items = [row(number, status="STARTED", finishedAt=None) for number in range(PAGE)]
        return httpx.Response(200, json={"items": items, "cursor": None})

    def looked_up(request: httpx.Request) -> httpx.Response:
        keys = json.loads(request.content)["keys"]
        numbers = [int(each["sk"][-7:]) for each in keys]
        items = [
            row(
                number,
                status=("STARTED", "ERRORED", "QUEUED")[(number + state["now"]) % 3],
                finishedAt=None,
                version=3 + state["now"],
            )
            for number in numbers
        ]
        return httpx.Response(200, json={"items": items, "unchanged": [], "missing": []})

    def counted(_: httpx.Request) -> httpx.Response:
        counts = {"STARTED": 50 + state["new"], "COMPLETED": state["now"]}
        types = [{"type": "console-echo", "counts": counts, "oldestWaitingAt": None}]
        body = {"asOf": "2026-11-28T01:00:00.000Z", "types": types}
        return httpx.Response(200, json=body, headers={"etag": f'"{state["now"]}"'})

    view.behind.stub(r"/acme/tasks$", listed)
    view.behind.stub(r"/acme/lookup$", looked_up)
    view.behind.stub(r"/acme/statistics$", counted)
    view.open("/tasks?q=type:console-echo")
    pointed = grid(view).locator("[data-index='7']")
    pointed.hover()
    before = (pointed.bounding_box(), pointed.locator(".code").inner_text())
    statuses = set()

    for _ in range(60):
        state["now"] += 100
        state["new"] += 2
        view.page.clock.run_for(1_000)
        assert (pointed.bounding_box(), pointed.locator(".code").inner_text()) == before
        statuses.add(pointed.locator(".status-cell").inner_text())

    assert len(statuses) > 1  # it did change in place
    expect(view.page.get_by_role("button", name=re.compile(r"\d+ new"))).to_be_visible()
