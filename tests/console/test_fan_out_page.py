"""The page of a fan-out: one picture, its failures, a retry of one."""

from collections.abc import Callable
from typing import Any

import httpx
from console_routes import awaits
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]


@awaits("batches")
def test_c12_a_fan_out_is_one_grid_with_its_failures_beside(view: View) -> None:
    view.behind.client.map(
        "console-row", range(1, 201), tolerated_failures="20%", batch_size=10, code="rows"
    )
    view.behind.run()

    view.open("/fan-out/console-row/rows")

    grid = view.page.get_by_role("slider", name="Batch")
    expect(grid).to_be_visible()
    assert grid.get_attribute("aria-valuemax") == "19"
    expect(view.main).to_contain_text("20 left")
    expect(view.page.get_by_role("tabpanel").get_by_text("ValueError")).to_have_count(20)


@awaits("batches")
def test_c12_a_batch_is_listed_by_mouse_and_by_keys(view: View) -> None:
    view.behind.client.map("console-row", [1] * 50, batch_size=5, code="rows")
    view.behind.run()
    view.open("/fan-out/console-row/rows")
    grid = view.page.get_by_role("slider", name="Batch")

    grid.focus()
    view.page.keyboard.press("ArrowRight")
    view.page.keyboard.press("ArrowRight")

    expect(view.page.get_by_role("tab", name="Batch 1")).to_be_visible()
    expect(view.page.get_by_role("tabpanel").locator("tbody tr")).to_have_count(5)
    view.page.locator(".batch-canvas canvas").click(position={"x": 4, "y": 4})
    expect(view.page.get_by_role("tab", name="Batch 0")).to_be_visible()


def batches(number: int) -> dict[str, Any]:
    failed = 1 if number % 500 == 7 else 0
    return {
        "index": number,
        "first": number * 200,
        "last": number * 200 + 199,
        "status": "CLOSED",
        "completed": 200 - failed,
        "failed": failed,
        "cancelled": 0,
        "startedAt": "2026-11-28T01:00:00.000Z",
        "finishedAt": "2026-11-28T01:00:09.000Z",
    }


@awaits("batches")
def test_c12_a_million_subtasks_are_one_picture_of_few_elements(view: View) -> None:
    view.behind.client.map("console-row", [1, 2, 3], code="rows")
    view.behind.run()

    def page(request: httpx.Request) -> httpx.Response:
        first = int(request.url.params.get("cursor") or 0)
        found = [batches(number) for number in range(first, first + 1_000)]
        following = str(first + 1_000) if first + 1_000 < 5_000 else None
        return httpx.Response(200, json={"batches": found, "cursor": following})

    view.behind.stub(r"/rows/batches$", page)

    view.open("/fan-out/console-row/rows?list=all")

    expect(view.main).to_contain_text("5,000 batches")
    assert view.page.evaluate("document.querySelectorAll('main *').length") < 1_000


def test_c12_one_failed_subtask_is_retried_from_the_page(view: View) -> None:
    rows = view.behind.client.map("console-row", range(1, 21), code="rows")
    view.behind.run()
    view.open("/fan-out/console-row/rows")

    with view.page.expect_response("**/retry"):
        view.page.get_by_role("tabpanel").locator("tbody tr").first.get_by_role("button").click()
    view.behind.run()
    view.pass_time(4)

    assert view.behind.client.get(rows).run == 2
