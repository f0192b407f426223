"""The overview: counts that equal a scan, and what came of the last days."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from console_routes import awaits
from console_view import View
from playwright.sync_api import Locator, expect

from taskmill.testing import Chaos

Show = Callable[..., View]
HOUR = 3_600_000


def is_task(row: dict[str, Any]) -> bool:
    return str(row["pk"]["S"]).startswith(("TASK#", "SFN_TASK#"))


def scanned(view: View) -> Counter[str]:
    """How many rows of tasks the table holds, by status."""
    return Counter(row["status"]["S"] for row in view.cloud.table.scan()["Items"] if is_task(row))


def shown(view: View) -> Counter[str]:
    """What the rail shows, by status."""
    found: Counter[str] = Counter()
    for link in view.page.locator(".rail-link[data-status]").all():
        count = link.locator(".rail-count").inner_text()
        found[str(link.get_attribute("data-status"))] = int(count.replace(",", "") or 0)
    return +found


def submit_each(view: View, numbers: Iterable[int]) -> None:
    """Four tasks a number: done, refused, due in a day, failing twice."""
    for number in numbers:
        view.behind.client.submit("console-echo", number)
        view.behind.client.submit("console-refund", number * 2)
        view.behind.client.submit("console-echo", number, delay_seconds=86_400)
        view.behind.client.submit("console-parcel", "nowhere")


def cells(table: Locator) -> list[list[str]]:
    """The texts of a table's rows, without those of the head."""
    found: list[list[str]] = table.locator("tbody tr").evaluate_all(
        """rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"""
    )
    return found


def counted(rows: list[dict[str, Any]], field: str, step: int, *, status: str = "") -> Counter[int]:
    """How many rows have a time in which hour or day since 1970."""
    return Counter(
        int(row[field]["N"]) // step
        for row in rows
        if field in row and (not status or row["status"]["S"] == status)
    )


def throughput(view: View, intervals: int) -> list[list[int]]:
    """Created, completed and failed in each interval, the running one first."""
    details = view.main.locator("details.chart-data", has_text="Throughput")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    table = details.locator("table")
    expect(table.locator("tbody tr")).to_have_count(intervals)
    return [[int(text.replace(",", "") or 0) for text in row[1:]] for row in cells(table)]


@awaits("statistics")
def test_c02_every_figure_equals_a_scan_after_doubled_and_shuffled_deliveries(show: Show) -> None:
    view = show(cloud={"chaos": Chaos(deliveries=2, seed=7)})
    for lot in range(4):
        submit_each(view, range(50 * lot, 50 * lot + 50))
        view.behind.advance(3_600)
    submit_each(view, range(50))  # which wait
    view.behind.client.statistics()  # counts what has come since
    rows = [row for row in view.cloud.table.scan()["Items"] if is_task(row)]
    assert len(rows) == 1_000

    view.open()

    assert shown(view) == scanned(view)
    types = {row[0].split()[0]: row[1:] for row in cells(view.main.locator("table.counts"))}
    by_type = Counter((row["name"]["S"], row["status"]["S"]) for row in rows)
    waiting = {name for name, status in by_type if status == "QUEUED"}
    assert {
        (name, status): int(text)
        for name, row in types.items()
        for status, text in zip(statuses(view), row, strict=False)
        if text != "0"
    } == dict(by_type)
    assert {name for name, row in types.items() if row[-1]} == waiting
    assert errors_shown(view) == Counter(
        row["errorText"]["S"].partition(":")[0] for row in rows if row["status"]["S"] == "FAILED"
    )
    for step, intervals in ((HOUR, 48), (24 * HOUR, 30)):
        if intervals == 30:
            view.page.get_by_role("button", name="30 d").click()
            expect(view.main).to_contain_text("per day")
        figures = throughput(view, intervals)
        made = counted(rows, "createdAt", step)
        done = counted(rows, "finishedAt", step, status="COMPLETED")
        failed = counted(rows, "finishedAt", step, status="FAILED")
        last = view.cloud.now // step
        assert figures == [
            [made[last - ago], done[last - ago], failed[last - ago]] for ago in range(len(figures))
        ]
        assert sum(row[0] for row in figures) == 1_000


@awaits("statistics")
def test_c38_a_failure_rate_that_leaves_its_usual_band_is_marked(show: Show) -> None:
    view = show()
    for amounts in (range(40), range(40), range(95, 125)):  # the last hour refuses 24
        for amount in amounts:
            view.behind.client.submit("console-refund", amount)
        for number in range(10):
            view.behind.client.submit("console-row", number)  # as many fail as ever
        view.behind.advance(3_600)
    calls = len(view.behind.asked)
    view.open()

    marks = view.main.locator("table.counts tbody tr").filter(has_text="failing more")
    expect(marks).to_have_count(1)
    expect(marks.get_by_role("link").first).to_have_text("console-refund")
    expect(marks).to_contain_text("failure rate of this hour, or of the last, is far above")
    asked = {each.path.rpartition("/")[2] for each in view.behind.asked[calls:]}
    assert {"statistics", "history"} <= asked  # it is computed of what the charts show

    view.behind.advance(2 * 3_600)
    view.open()
    expect(view.main.locator("table.counts tbody tr").first).to_be_visible()
    expect(marks).to_have_count(0)


def statuses(view: View) -> list[str]:
    """The columns of the table of types."""
    heads = view.main.locator("table.counts thead th .status").all_inner_texts()
    return [text.strip().upper() for text in heads]


def errors_shown(view: View) -> Counter[str]:
    """How many tasks are still failed, by the class of their error."""
    table = view.main.locator("table.errors-top")
    expect(table).to_be_visible()
    return Counter({row[0].split()[0]: int(row[3].replace(",", "")) for row in cells(table)})


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
