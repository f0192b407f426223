"""The page of limits: what is held, who waits, limits that are set, pauses."""

import re
from collections.abc import Callable
from datetime import datetime

import httpx
import pytest
from console_view import View
from playwright.sync_api import Locator, expect

from taskmill import Unique
from taskmill.model.statuses import Status
from taskmill.testing.over_http.transport import InProcessTransport

Show = Callable[..., View]
HOSTILE = "<img src=x onerror=\"document.title='hurt'\">"


@pytest.fixture
def view(show: Show) -> View:
    return show(cloud={"modules": ["console_limit_tasks"]})


def deliver(view: View) -> None:
    """Let the dispatcher do its work; no worker takes a task."""
    with view.behind.turn:
        view.cloud.deliver_records()


def submit(view: View, task_type: str, count: int, **given: str) -> None:
    for number in range(count):
        code = f"{task_type}-{number}" if not given else None
        view.behind.client.submit(task_type, {**given} or number, code=code)
    deliver(view)


def cells(row: Locator) -> list[str]:
    found: list[str] = row.evaluate("row => [...row.cells].map((cell) => cell.innerText.trim())")
    return found


def row(view: View, *words: str) -> Locator:
    """The row whose first cells hold these texts."""
    found = view.main.locator("table.limits tr")
    for word in words:
        found = found.filter(has=view.page.get_by_text(word, exact=True))
    return found


def status(view: View, code: str) -> Status:
    task_type = code.rpartition("-")[0]
    return view.behind.client.get(task_type, code).status


def reread(view: View) -> None:
    """Let time pass in the page alone, until it reads its limits again."""
    view.page.clock.run_for(11_000)


def press(within: Locator, name: str) -> None:
    within.get_by_role("button", name=name, exact=True).click()


def dialog(view: View) -> Locator:
    return view.page.get_by_role("dialog")


def confirm(view: View, name: str) -> None:
    """Press the button of the dialog, and wait until it has been carried out.

    The row around the dialog shows the dialog's words, which name the new values before they hold.
    """
    press(dialog(view), name)
    expect(dialog(view)).to_have_count(0)


def test_figures_are_those_of_the_api(view: View) -> None:
    submit(view, "console-import", 7)
    for customer, count in (("c-1", 1), ("c-2", 5), ("c-3", 3)):
        submit(view, "console-sync", count, customer=customer)
    view.behind.client.set_limit("console-sync", key="c-3", concurrency=1)
    view.cloud.sleep(65)

    view.open("/limits")

    expect(row(view, "console-import")).to_contain_text(re.compile(r"1 min \d+ s"))
    for each in view.behind.client.limits():
        if each.name not in ("console-import", "console-sync") or (each.keyed and not each.key):
            continue
        found = row(view, each.key) if each.key else row(view, "console-import")
        _, allows, from_code, held, waiting, oldest, *_ = cells(found)
        assert allows == f"{each.limit} at a time"
        assert (int(held), int(waiting)) == (each.held, each.waiting), each
        assert bool(oldest) == bool(each.waiting)
        assert from_code == "code" if each.set_at is None else from_code.startswith("set ")
    assert cells(row(view, "console-import"))[3:5] == ["3", "4"]
    sums = cells(row(view, "console-sync"))
    assert sums[0].endswith("3 keys")
    assert sums[3:5] == ["5", "4"]  # 1 + 2 + 2, and 0 + 3 + 1
    row(view, "console-import").get_by_role("link", name="4", exact=True).click()
    expect(view.page.get_by_role("grid", name="Tasks")).to_contain_text("console-import-6")
    expect(view.page.get_by_role("grid", name="Tasks")).not_to_contain_text("console-import-1")


def test_a_rate_limit_tells_its_next_start_and_who_asked_for_a_rest(view: View) -> None:
    submit(view, "console-letter", 9)

    view.open("/limits")

    post = row(view, "console-post")
    expect(post).to_contain_text("60 a minute, burst 1")
    (limit,) = view.behind.client.limits(name="console-post")
    assert limit.next_start_at is not None
    start = datetime.fromisoformat(str(post.locator("time").get_attribute("datetime")))
    assert start == limit.next_start_at
    expect(post).to_contain_text(re.compile(r"next start in \d s"))
    expect(post.get_by_role("link", name="console-letter")).to_be_visible()
    view.behind.run()
    view.pass_time(11)
    expect(post).to_contain_text("starts at once")


def test_keys_that_wait_come_first_and_many_are_folded(view: View) -> None:
    for number in range(12):
        submit(view, "console-sync", 4 if number in (3, 11) else 1, customer=f"c-{number:02}")

    view.open("/limits")

    keys = view.main.locator("table.limits code.key")
    expect(keys).to_have_count(5)
    assert keys.all_inner_texts()[:2] == ["c-03", "c-11"]
    assert cells(row(view, "console-sync"))[3:5] == ["14", "4"]
    view.main.get_by_role("link", name="7 more keys").click()
    expect(keys).to_have_count(12)
    assert view.address.endswith("/limits?name=console-sync")
    expect(view.main).not_to_contain_text("console-post")


def test_a_name_of_many_keys_is_read_page_by_page(view: View) -> None:
    for number in range(13):
        view.behind.client.set_limit("console-sync", key=f"c-{number:02}", concurrency=1)
    api = InProcessTransport(view.cloud)

    def shorter(request: httpx.Request) -> httpx.Response:
        url = request.url.copy_set_param("limit", 11)
        return api.handle_request(httpx.Request("GET", url, headers=request.headers))

    view.behind.stub(r"/acme/limits$", shorter)
    view.open("/limits?name=console-sync")
    keys = view.main.locator("table.limits code.key")
    expect(keys).to_have_count(10)
    expect(view.main).to_contain_text("the first 11")

    press(view.main, "More")

    expect(keys).to_have_count(13)
    expect(view.main).not_to_contain_text("the first")


def test_a_key_is_found_whether_it_was_used_or_not(view: View) -> None:
    submit(view, "console-sync", 3, customer="c-1")
    view.behind.client.set_limit("console-sync", concurrency=4)
    view.open("/limits?name=console-sync")

    view.page.get_by_label("Key").fill("c-9")
    view.page.get_by_label("Key").press("Enter")

    expect(row(view, "c-9")).to_contain_text("set for every key")
    expect(row(view, "c-1")).to_have_count(0)
    assert view.address.endswith("/limits?name=console-sync&key=c-9")
    assert cells(row(view, "c-9"))[1:5] == ["4 at a time", "set for every key", "0", "0"]


def test_a_limit_that_is_raised_lets_those_go_on_who_wait(view: View) -> None:
    submit(view, "console-import", 7)
    view.open("/limits")
    press(row(view, "console-import"), "Set…")
    expect(dialog(view)).to_contain_text("Now 3 at a time, as the code says. 3 held, 4 waiting.")
    view.page.get_by_label("tasks at a time").fill("5")
    expect(dialog(view)).to_contain_text("3 at a time → 5 at a time")
    expect(dialog(view)).to_contain_text("Tasks that wait go on")

    confirm(view, "Set")
    deliver(view)
    reread(view)

    expect(row(view, "console-import")).to_contain_text("set")
    expect(row(view, "console-import").get_by_role("cell").nth(3)).to_have_text("5")
    assert cells(row(view, "console-import"))[1:5:3] == ["5 at a time", "2"]
    assert status(view, "console-import-4") is Status.QUEUED
    assert status(view, "console-import-6") is Status.PARKED


def test_a_limit_that_is_lowered_takes_no_slot_away_and_is_unset(view: View) -> None:
    submit(view, "console-import", 3)
    view.open("/limits")
    press(row(view, "console-import"), "Set…")
    field = view.page.get_by_label("tasks at a time")
    field.fill("1")
    expect(dialog(view)).to_contain_text("No slot is taken away: 3 are held now")
    field.press("Enter")
    expect(row(view, "console-import")).to_contain_text("1 at a time")
    assert cells(row(view, "console-import"))[3] == "3"

    press(row(view, "console-import"), "Unset…")
    expect(dialog(view)).to_contain_text("What the code says holds again")
    confirm(view, "Unset")

    expect(row(view, "console-import")).to_contain_text("3 at a time")
    expect(row(view, "console-import")).to_contain_text("code")
    (limit,) = view.behind.client.limits(name="console-import")
    assert (limit.limit, limit.set_at) == (3, None)


def test_one_key_is_set_apart_from_what_is_set_for_all(view: View) -> None:
    submit(view, "console-sync", 1, customer="c-1")
    submit(view, "console-sync", 1, customer="c-2")
    view.open("/limits")
    press(row(view, "console-sync"), "Set…")
    view.page.get_by_label("tasks at a time").fill("4")
    confirm(view, "Set")
    expect(row(view, "c-1")).to_contain_text("set for every key")
    view.behind.advance(5)

    press(row(view, "c-1"), "Set…")
    expect(dialog(view)).to_contain_text("Now 4 at a time, as it is set")
    view.page.get_by_label("tasks at a time").fill("9")
    confirm(view, "Set")
    expect(row(view, "c-1")).to_contain_text("9 at a time")

    limits = {each.key: each.limit for each in view.behind.client.limits(name="console-sync")}
    assert limits == {None: 4, "c-1": 9, "c-2": 4}
    press(row(view, "c-1"), "Unset…")
    expect(dialog(view)).to_contain_text("What is set for every key holds then: 4 at a time")
    confirm(view, "Unset")
    expect(row(view, "c-1")).to_contain_text("4 at a time")
    expect(row(view, "c-1").get_by_role("button", name="Unset…")).to_have_count(0)


def test_any_limit_is_set_by_its_name_and_a_refusal_stands_at_its_field(view: View) -> None:
    view.guard.expect("status of 422")
    view.open("/limits")
    press(view.main, "Set a limit…")
    press(dialog(view), "Set")
    expect(view.page.get_by_label("name")).to_have_attribute("aria-invalid", "true")
    press(dialog(view), "Within a time")
    view.page.get_by_label("name").fill("console-calls")
    view.page.get_by_label("key").fill("a-7")
    view.page.get_by_label("units").fill("0")
    press(dialog(view), "Set")
    units = view.page.get_by_label("units")
    expect(units).to_have_attribute("aria-invalid", "true")
    expect(dialog(view).locator(".problem")).to_contain_text("greater than or equal to 1")

    units.fill("50")
    view.page.get_by_label("within so many seconds").fill("10")
    confirm(view, "Set")

    expect(row(view, "a-7")).to_contain_text("50 in 10 s")
    all_keys, limit = view.behind.client.limits(name="console-calls")
    assert (limit.key, limit.rate, limit.per_seconds) == ("a-7", 50, 10)
    assert (all_keys.key, all_keys.rate) == (None, 90_000)


def pause(view: View, what: str) -> None:
    press(view.main, "Pause…")
    view.page.get_by_label("What").select_option(what)
    confirm(view, "Pause")


def test_a_type_is_paused_is_marked_wherever_it_is_shown_and_goes_on(view: View) -> None:
    view.behind.client.submit("console-import", 9, code="console-import-0")
    view.behind.run()
    view.open("/limits")
    pause(view, "console-import")
    view.behind.advance(20)
    view.behind.client.submit("console-import", 1, code="console-import-1")
    view.behind.advance(60)
    assert status(view, "console-import-1") is Status.PARKED
    expect(row(view, "console-import")).to_contain_text("paused")

    view.open("/task/console-import/console-import-1")
    expect(view.main).to_contain_text("Waits until the type console-import is resumed")
    view.go("")
    overview = view.main.locator("table.counts tr", has_text="console-import")
    expect(overview).to_contain_text("paused")
    expect(view.main.locator("table.counts tr", has_text="All")).not_to_contain_text("paused")
    expect(view.page.locator(".rail .paused-icon")).to_have_count(1)
    view.go("/submit/console-import")
    expect(view.main).to_contain_text("Paused: the task is parked until it is resumed.")
    view.go("/submit/console-letter")
    expect(view.main.locator("form")).not_to_contain_text("Paused")
    view.go("/limits")
    paused = view.main.locator("table.pauses tr", has_text="console-import")
    assert cells(paused)[3] == "1"
    press(paused, "Resume…")
    expect(dialog(view)).to_contain_text("1 task that waits goes on")
    confirm(view, "Resume")

    expect(view.main.locator("table.pauses")).to_have_count(0)
    view.behind.run()
    assert status(view, "console-import-1") is Status.COMPLETED


def test_while_the_tenant_is_paused_every_page_says_so(view: View) -> None:
    bar = view.page.get_by_role("status", name="Paused")
    view.open("/limits")
    expect(bar).to_have_count(0)
    pause(view, "all types of acme")
    view.behind.advance(20)
    submit(view, "console-letter", 1)
    view.behind.advance(60)
    assert status(view, "console-letter-0") is Status.PARKED

    for page in ("", "/tasks", "/errors", "/submit", "/limits"):
        view.open(page)
        expect(bar).to_contain_text("acme is paused")
    view.open("/task/console-letter/console-letter-0")
    expect(view.main).to_contain_text("Waits until the tenant acme is resumed")
    bar.get_by_role("link", name="Limits").click()
    press(view.main.locator("table.pauses"), "Resume…")
    confirm(view, "Resume")

    expect(bar).to_have_count(0)
    view.behind.run()
    assert status(view, "console-letter-0") is Status.COMPLETED


def test_a_task_tells_why_it_waits_and_leads_to_its_limit(view: View) -> None:
    submit(view, "console-sync", 3, customer=HOSTILE)
    submit(view, "console-letter", 3)
    unique = Unique("shop-7", on_conflict="coalesce")
    first = view.behind.client.submit("console-import", 1, code="first", unique=unique)
    deliver(view)
    view.cloud.service.update_status(key=first.key, status="STARTED")
    view.behind.client.submit("console-import", 2, code="next", unique=unique)
    deliver(view)
    parked = next(iter(view.behind.client.list(task_type="console-sync", status=Status.PARKED)))

    view.open("/task/console-import/next")
    expect(view.main.locator(".waits")).to_have_text(
        "Waits for the end of the task that has the key shop-7."
    )
    expect(view.main.locator(".facts")).to_contain_text("by unique, on conflict coalesce")
    view.open("/task/console-import/first")
    expect(view.main.locator(".facts")).to_contain_text("shop-7")
    expect(view.main.locator(".waits")).to_have_count(0)
    view.open("/task/console-letter/console-letter-2")
    expect(view.main.locator(".waits")).to_contain_text(
        re.compile(r"Begins (in \d s|now), as its rate allows: console-post")
    )
    view.open(f"/task/console-sync/{parked.code}")
    expect(view.main.locator(".waits")).to_have_text(
        f"Waits for a slot of the limit console-sync, key {HOSTILE}."
    )
    view.main.locator(".waits").get_by_role("link").click()
    expect(row(view, HOSTILE)).to_contain_text("2 at a time")
    assert cells(row(view, HOSTILE))[3:5] == ["2", "1"]


def test_a_pause_that_somebody_else_begins_is_shown_by_itself(view: View) -> None:
    view.open("/tasks")
    view.behind.client.pause()

    view.pass_time(16)

    expect(view.page.get_by_role("status", name="Paused")).to_contain_text("acme is paused")


def test_who_may_only_read_has_no_buttons(show: Show) -> None:
    view = show(cloud={"modules": ["console_limit_tasks"]}, read_only=True)
    view.behind.client.set_limit("console-import", concurrency=2)
    view.behind.client.pause("console-letter")

    view.open("/limits")

    expect(row(view, "console-import")).to_contain_text("2 at a time")
    expect(view.main.locator("table.pauses")).to_contain_text("console-letter")
    expect(view.main.get_by_role("button")).to_have_count(0)


def test_production_asks_twice(show: Show) -> None:
    view = show(cloud={"modules": ["console_limit_tasks"]}, environment="prod")
    view.open("/limits")
    press(row(view, "console-import"), "Set…")
    view.page.get_by_label("tasks at a time").fill("8")

    press(dialog(view), "Set")

    expect(dialog(view)).to_contain_text("This is prod")
    assert view.behind.paths("PUT") == []
    confirm(view, "Yes, in prod: set")
    expect(row(view, "console-import")).to_contain_text("8 at a time")
    assert view.behind.paths("PUT") == ["/limits/console-import"]


def test_keys_are_text_whatever_they_hold(view: View) -> None:
    submit(view, "console-sync", 3, customer=HOSTILE)
    view.open("/limits")
    expect(view.main.locator("code.key")).to_have_text(HOSTILE)
    press(row(view, HOSTILE), "Set…")
    expect(dialog(view).locator("code.key")).to_have_text(HOSTILE)
    view.page.get_by_label("tasks at a time").fill("3")

    confirm(view, "Set")

    expect(row(view, HOSTILE)).to_contain_text("3 at a time")
    press(row(view, HOSTILE), "Unset…")
    confirm(view, "Unset")
    expect(row(view, HOSTILE)).to_contain_text("2 at a time")
    assert view.page.locator("main img").count() == 0
    assert "hurt" not in view.page.title()


def test_limits_of_the_stack_have_a_part_of_their_own(view: View) -> None:
    submit(view, "console-stocktaking", 7)
    view.open("/limits")
    shared = view.main.locator(".card", has_text="Shared by all tenants")
    expect(shared).to_contain_text("console-warehouse")
    assert cells(row(view, "console-warehouse"))[3:5] == ["5", "2"]

    press(row(view, "console-warehouse"), "Set…")
    view.page.get_by_label("tasks at a time").fill("6")
    confirm(view, "Set")

    expect(row(view, "console-warehouse")).to_contain_text("6 at a time")
    (limit,) = view.behind.client.limits(name="console-warehouse", of_stack=True)
    assert limit.limit == 6


def test_limits_of_the_stack_are_hidden_from_those_whom_a_policy_refuses_them(view: View) -> None:
    view.behind.refuse(r"^/v1/limits$", 403, "Forbidden")
    view.guard.expect("status of 403")

    view.open("/limits")
    expect(row(view, "console-import")).to_be_visible()
    for _ in range(4):
        reread(view)
        view.page.wait_for_timeout(50)

    expect(view.main).not_to_contain_text("Shared by all tenants")
    expect(view.main.get_by_role("alert")).to_have_count(0)
    assert [each.path for each in view.behind.asked].count("/v1/limits") == 1


def test_without_limits_it_tells_how_to_declare_one(show: Show) -> None:
    view = show()
    nothing = {"items": [], "cursor": None}
    view.behind.stub(r"/limits$", lambda _: httpx.Response(200, json=nothing))

    view.open("/limits")

    expect(view.main).to_contain_text('@task("sync", concurrency=5)')
    expect(view.main.get_by_role("button", name="Pause…")).to_be_visible()
    view.go("/limits?name=nobodys")
    expect(view.main).to_contain_text("This tenant has no such limit")


def test_a_refusal_is_told_with_what_to_do(view: View) -> None:
    view.behind.refuse(r"/acme/limits$", 403, "Forbidden")
    view.guard.expect("status of 403")

    view.open("/limits")

    expect(view.main.get_by_role("alert")).to_contain_text("Ask for a role")
    view.behind.unstub()
    press(view.main.get_by_role("alert"), "Try again")
    expect(row(view, "console-import")).to_be_visible()


def test_keys_and_the_palette_go_there(view: View) -> None:
    view.open()
    view.page.keyboard.type("gl")
    view.page.wait_for_url("**/#/acme/limits")
    view.go("/tasks")
    view.page.keyboard.press("Control+k")
    view.page.keyboard.type("limits")
    view.page.keyboard.press("Enter")

    view.page.wait_for_url("**/#/acme/limits")
