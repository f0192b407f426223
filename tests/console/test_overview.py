"""The overview: counts that equal a scan, and what came of the last days."""

from collections import Counter
from collections.abc import Callable

from console_routes import awaits
from console_view import View
from playwright.sync_api import expect

from taskmill.testing import Chaos

Show = Callable[..., View]


def scanned(view: View) -> Counter[str]:
    """How many rows of tasks the table holds, by status."""
    rows = view.cloud.table.scan()["Items"]
    return Counter(
        row["status"]["S"] for row in rows if row["pk"]["S"].startswith(("TASK#", "SFN_TASK#"))
    )


def shown(view: View) -> Counter[str]:
    """What the rail shows, by status."""
    found: Counter[str] = Counter()
    for link in view.page.locator(".rail-link[data-status]").all():
        count = link.locator(".rail-count").inner_text()
        found[str(link.get_attribute("data-status"))] = int(count.replace(",", "") or 0)
    return +found


@awaits("statistics")
def test_c02_counts_equal_a_scan_after_doubled_and_shuffled_deliveries(show: Show) -> None:
    view = show(cloud={"chaos": Chaos(deliveries=2, seed=7)})
    for number in range(250):
        view.behind.client.submit("console-echo", number)
        view.behind.client.submit("console-refund", number)
        view.behind.client.submit("console-echo", number, delay_seconds=86_400)
        view.behind.client.submit("console-parcel", "nowhere")
    view.behind.advance(100)
    view.behind.client.statistics()  # counts what has come since

    view.open()

    assert shown(view) == scanned(view)
    assert sum(shown(view).values()) == 1_000


@awaits("statistics")
def test_c03_the_last_hours_and_days_are_shown_with_their_latencies(view: View) -> None:
    for number in range(20):
        view.behind.client.submit("console-refund", number * 20)
    view.behind.client.submit("console-echo", 1, delay_seconds=90_000)
    view.behind.advance(120)

    view.open()

    expect(view.main).to_contain_text("Waiting p95")
    expect(view.main).to_contain_text("Running p95")
    expect(view.main).to_contain_text("Oldest waiting")
    tables = view.main.locator("table")
    assert "20" in " ".join(tables.all_inner_texts())
    view.page.get_by_role("button", name="30 d").click()
    expect(view.main).to_contain_text("per day")
