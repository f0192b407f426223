"""Forms: submitting a task, and schedules."""

import re
from collections.abc import Callable

from console_routes import awaits
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]


def test_c16_types_are_offered_with_a_form_from_their_hints(view: View) -> None:
    view.open("/submit")
    view.page.get_by_role("searchbox", name="Search types").fill("invoi")
    view.page.get_by_role("link", name=re.compile("console-invoice")).click()

    view.page.get_by_label("number").fill("12")
    view.page.get_by_label("customer").fill("Anne")
    view.page.get_by_label("currency").select_option(label="USD")
    expect(view.main).to_contain_text("Printed below the total")
    view.page.get_by_role("button", name="Submit", exact=True).click()
    view.page.wait_for_url("**/task/console-invoice/*")
    view.behind.run()

    made = next(iter(view.behind.client.list(task_type="console-invoice")))
    assert made.attributes["result"] == "Anne: 12 USD"


def test_c16_what_is_refused_is_what_the_api_refuses_field_by_field(view: View) -> None:
    view.open("/submit/console-invoice")
    view.guard.expect("status of 4(00|22)")
    view.page.get_by_label("number").fill("0")
    view.page.get_by_label("customer").fill("Anne")

    view.page.get_by_role("button", name="Submit", exact=True).click()

    number = view.page.get_by_label("number")
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(number).to_be_focused()
    expect(view.page.locator("#field-number-problem")).to_contain_text("greater than or equal to 1")
    assert list(view.behind.client.list(task_type="console-invoice")) == []


def test_c16_a_number_is_sent_as_it_was_typed(view: View) -> None:
    view.open("/submit/console-invoice")
    view.page.get_by_label("number").fill("9007199254740993")
    view.page.get_by_label("customer").fill("Anne")

    view.page.get_by_role("button", name="Submit", exact=True).click()
    view.page.wait_for_url("**/task/console-invoice/*")
    view.behind.run()

    made = next(iter(view.behind.client.list(task_type="console-invoice")))
    assert made.attributes["result"] == "Anne: 9007199254740993 EUR"


@awaits("fires")
def test_c15_a_schedule_tells_its_fires_in_words_and_what_became_of_them(view: View) -> None:
    view.behind.client.put_schedule(
        "nightly", "console-echo", "cron(30 3 * * ? *)", "x", timezone="Europe/Berlin"
    )
    view.behind.advance(3 * 86_400)

    view.open("/schedules/nightly")

    expect(view.main).to_contain_text("03:30")
    expect(view.main).to_contain_text("Europe/Berlin")
    expect(view.page.locator(".fires li")).to_have_count(5)
    expect(view.main.get_by_text("completed")).to_have_count(3)


@awaits("fires")
def test_c15_a_schedule_is_paused_resumed_and_fired(view: View) -> None:
    view.behind.client.put_schedule("nightly", "console-echo", "cron(30 3 * * ? *)", "x")
    view.open("/schedules/nightly")

    view.page.get_by_role("button", name="Pause", exact=True).click()
    expect(view.main.get_by_role("heading", level=1)).to_contain_text("paused")
    assert view.behind.client.schedule("nightly").paused
    view.page.get_by_role("button", name="Resume", exact=True).click()
    expect(view.main.get_by_role("heading", level=1)).not_to_contain_text("paused")
    view.page.get_by_role("button", name="Fire now").click()
    expect(view.page.get_by_text("Fired.")).to_be_visible()
    view.behind.run()

    assert len(list(view.behind.client.list(task_type="console-echo"))) == 1


def test_c15_a_schedule_is_edited(view: View) -> None:
    view.behind.client.put_schedule("nightly", "console-echo", "cron(30 3 * * ? *)", "x")
    view.open("/schedules/nightly")

    view.page.get_by_role("button", name="Edit").click()
    dialog = view.page.get_by_role("dialog")
    dialog.get_by_label("expression").fill("rate(5 minutes)")
    dialog.get_by_role("button", name=re.compile("Save|Store|Change")).click()

    expect(dialog).to_have_count(0)
    expect(view.main).to_contain_text("5 minutes")
    assert view.behind.client.schedule("nightly").expression == "rate(5 minutes)"
