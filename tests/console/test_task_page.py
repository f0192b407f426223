"""The page of a task: its life, its tree, its payloads, and what can be done with it."""

import re
from collections.abc import Callable

import pytest
from console_routes import awaits
from console_view import View
from playwright.sync_api import Locator, expect

Show = Callable[..., View]
BEGUN = re.compile("created|queued")
EXACT = 2**53 + 1  # the first whole number that a JavaScript number cannot hold


def tab(view: View, name: str) -> Locator:
    view.page.get_by_role("tab", name=name).click()
    return view.page.get_by_role("tabpanel")


def test_c10_the_waterfall_tells_waiting_from_running_and_each_attempt(view: View) -> None:
    view.behind.client.submit("console-parcel", "nowhere 7", code="lost", delay_seconds=30)
    view.behind.advance(200)

    view.open("/task/console-parcel/lost?tab=overview")

    life = view.page.get_by_role("list", name="Life of the task")
    expect(life).to_contain_text("attempt 1")
    expect(life).to_contain_text("attempt 2")
    expect(life).to_contain_text("LookupError")
    summary = view.page.get_by_role("region", name="Time of this task")
    expect(summary).to_contain_text("waiting")
    expect(summary).to_contain_text("running")
    colours = {
        name: summary.locator(f".swatch.seg-{name}").first.evaluate(
            "each => getComputedStyle(each).backgroundColor"
        )
        for name in ("wait", "run")
        if summary.locator(f".swatch.seg-{name}").count()
    }
    assert len(set(colours.values())) == len(colours)


def test_c11_children_unfold_beside_the_waterfall_and_keys_go_up(view: View) -> None:
    view.behind.client.submit("console-family", ["anne", "ben", "carl"], code="fam")
    view.behind.run()
    view.open("/task/console-family/fam")
    tree = view.page.get_by_role("treegrid")

    expect(tree.get_by_role("row")).to_have_count(1 + 4)  # with the head
    view.settled()
    view.page.keyboard.press("j")
    expect(tree.get_by_role("row").nth(2)).to_have_attribute("aria-selected", "true")
    view.page.keyboard.press("Enter")
    view.page.wait_for_url("**/task/console-echo/**")
    view.settled()
    view.page.keyboard.press("P")

    view.page.wait_for_url("**/task/console-family/fam*")


@awaits("tree")
def test_c11_of_many_children_only_what_is_unfolded_is_read(view: View) -> None:
    view.behind.client.submit("console-family", ["x"] * 500, code="fam")
    view.behind.run()
    before = len(view.behind.asked)

    view.open("/task/console-family/fam")
    expect(view.page.get_by_role("treegrid").get_by_role("row").nth(5)).to_be_visible()

    asked = [each for each in view.behind.asked[before:] if "/tree" in each.path]
    assert len(asked) <= 2
    assert sum(each.units for each in asked) < 600


def test_c13_numbers_are_shown_as_they_are_stored(view: View) -> None:
    view.behind.client.submit("console-echo", {"big": EXACT, "money": 1.10}, code="n")
    view.behind.run()

    view.open("/task/console-echo/n")

    for name in ("Input", "Result"):
        expect(tab(view, name)).to_contain_text(str(EXACT))
        expect(tab(view, name)).to_contain_text("1.1")


def test_c13_a_large_result_shows_its_first_64_kb_and_is_a_download(view: View) -> None:
    value = ["row " + str(n).zfill(96) for n in range(20_000)]  # 2 MB
    view.behind.client.submit("console-echo", value, code="large")
    view.behind.run()
    view.open("/task/console-echo/large")

    panel = tab(view, "Result")
    expect(panel).to_contain_text("64 KB")
    assert len(panel.inner_text()) < 80_000
    with view.page.expect_download() as started:
        panel.get_by_role("button", name=re.compile("Download")).press("Enter")

    assert len(started.value.path().read_bytes()) > 2_000_000


def test_c14_a_retry_shows_the_new_status_without_a_reload(view: View) -> None:
    view.behind.client.submit("console-refund", 500, code="much")
    view.behind.run()
    view.open("/task/console-refund/much")
    head = view.main.get_by_role("heading", level=1)
    expect(head).to_contain_text("failed")
    view.page.evaluate("window.sameDocument = true")

    view.page.get_by_role("button", name="Retry").click()

    expect(head).to_contain_text(BEGUN)
    view.behind.run()
    view.pass_time(4)
    expect(head).to_contain_text("failed")
    assert view.page.evaluate("window.sameDocument") is True


def test_c14_a_refusal_is_the_sentence_of_the_api(view: View) -> None:
    view.behind.client.submit("console-refund", 500, code="much")
    view.behind.run()
    view.open("/task/console-refund/much")
    view.behind.refuse(r"/retry$", 403, "you are not allowed to retry", methods="POST")
    view.guard.expect("status of 403")

    view.page.get_by_role("button", name="Retry").click()

    expect(view.page.get_by_text("you are not allowed to retry")).to_be_visible()
    expect(view.main.get_by_role("heading", level=1)).to_contain_text("failed")


def test_c14_a_task_is_cancelled_after_a_question(view: View) -> None:
    view.behind.client.submit("console-echo", 1, code="later", delay_seconds=3600)
    view.open("/task/console-echo/later")

    view.page.get_by_role("button", name="Cancel").click()
    view.page.get_by_role("dialog").get_by_role("button", name="Cancel the task").click()

    expect(view.main.get_by_role("heading", level=1)).to_contain_text("cancelled")


def test_c14_a_task_is_submitted_again_with_a_changed_input(view: View) -> None:
    view.behind.client.submit("console-invoice", {"number": 7, "customer": "Anne"}, code="i7")
    view.behind.run()
    view.open("/task/console-invoice/i7")

    view.page.get_by_role("link", name="Submit again").click()
    expect(view.page.get_by_label("customer")).to_have_value("Anne")
    view.page.get_by_label("customer").fill("Ben")
    view.page.get_by_role("button", name="Submit", exact=True).click()

    view.page.wait_for_url("**/task/console-invoice/*")
    view.behind.run()
    results = {
        str(each.attributes.get("result"))
        for each in view.behind.client.list(task_type="console-invoice")
    }
    assert results == {"Anne: 7 EUR", "Ben: 7 EUR"}


@pytest.mark.parametrize(
    ("kind", "begin"), [("taskmill command", "taskmill "), ("curl", "curl "), ("Python", "from ")]
)
def test_c14_a_task_is_copied_as_a_command(show: Show, kind: str, begin: str) -> None:
    view = show(context={"permissions": ["clipboard-read", "clipboard-write"]})
    view.behind.client.submit("console-echo", {"text": "it's"}, code="c")
    view.behind.run()
    view.open("/task/console-echo/c")

    view.page.get_by_role("button", name="Copy as").click()
    view.page.get_by_role("menuitem", name=kind).click()
    view.page.wait_for_timeout(100)

    copied = view.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(begin)
    assert "console-echo" in copied


def test_c24_the_page_shows_who_retried(view: View) -> None:
    view.behind.client.submit("console-refund", 500, code="much")
    view.behind.run()
    view.open("/task/console-refund/much")
    view.page.get_by_role("button", name="Retry").click()
    expect(view.main.get_by_role("heading", level=1)).to_contain_text(BEGUN)

    panel = tab(view, "History")

    expect(panel).to_contain_text("tester")


def test_c18_a_secret_arrives_masked_and_is_revealed_by_a_request_of_its_own(view: View) -> None:
    view.behind.client.submit("console-login", {"user": "anne", "password": "x7-plain"}, code="s")
    view.behind.run()
    answers: list[str] = []
    view.page.on(
        "response",
        lambda each: answers.append(each.text()) if "/v1/" in each.url and each.ok else None,
    )
    view.open("/task/console-login/s")
    panel = tab(view, "Input")
    expect(panel).to_contain_text("•••")
    assert [each for each in answers if "x7-plain" in each] == []

    panel.get_by_role("button", name=re.compile("[Rr]eveal|[Ss]how")).first.click()

    expect(panel).to_contain_text("x7-plain")
    assert any(path.endswith("/input/revealed") for path in view.behind.paths())
