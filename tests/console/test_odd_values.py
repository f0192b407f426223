"""Values that are legal and odd: the pages show them as they are, and go on working."""

import json
import re
from collections.abc import Callable

import pytest
from console_view import View
from playwright.sync_api import expect

Show = Callable[..., View]
LEVELS = 190  # of 200 that the API takes
ODD_NAMES = ["constructor", "toString", "hasOwnProperty", "a" * 64, "a.b-c_d", "0"]


def result_of(view: View, task_type: str) -> object:
    made = next(iter(view.behind.client.list(task_type=task_type)))
    return made.attributes["result"]


def submitted(view: View) -> None:
    view.page.get_by_role("button", name="Submit", exact=True).click()
    view.page.wait_for_url("**/task/**")
    view.behind.run()


def test_c16_fields_may_have_the_names_that_every_object_has(view: View) -> None:
    view.open("/submit/console-odd")
    fields = [view.page.get_by_label(name) for name in ("constructor", "toString", "__proto__")]
    for each in fields:
        expect(each).to_have_value("")
        expect(each).not_to_have_attribute("aria-invalid", "true")

    fields[0].fill("mine")
    fields[2].fill("of mine")
    submitted(view)

    assert result_of(view, "console-odd") == {
        "constructor": "mine",
        "toString": 1,
        "__proto__": "of mine",
    }


def test_c16_a_field_with_a_dot_in_its_name_is_given_as_json(view: View) -> None:
    view.open("/submit/console-dotted")

    view.page.get_by_role("textbox", name="input JSON").fill('{"a.b": 5}')
    submitted(view)

    assert result_of(view, "console-dotted") == 5


@pytest.mark.parametrize("name", ODD_NAMES)
def test_c08_types_and_codes_of_odd_names_have_pages_and_rows(view: View, name: str) -> None:
    view.behind.client.submit(name, {"n": 1}, code=name, delay_seconds=600)
    view.behind.advance(60)

    view.open(f"/tasks?q=type:{name}")
    view.main.locator(f'a[href$="/task/{name}/{name}"]').first.click()
    view.settled()

    expect(view.main.get_by_role("heading").first).to_contain_text(name)
    view.page.go_back()
    view.settled()
    expect(view.main).to_contain_text(name)
    view.page.go_forward()
    view.settled()
    expect(view.main.get_by_role("heading").first).to_contain_text(name)


def test_c13_json_that_is_as_deep_as_it_may_be_is_searched_and_copied(view: View) -> None:
    text = (
        '{"a":' * LEVELS
        + '{"__proto__": 12345678901234567890, "constructor": "\u202eabc"}'
        + "}" * LEVELS
    )
    view.behind.client.submit("console-echo", json.loads(text), code="deep")
    view.open("/task/console-echo/deep?tab=input")

    view.page.get_by_role("searchbox", name="Search in input").fill("1234567890")

    tree = view.page.get_by_role("tree")
    expect(tree).to_contain_text("__proto__: 12345678901234567890")
    expect(tree.get_by_role("treeitem")).to_have_count(LEVELS + 2)


def test_c13_a_megabyte_of_members_is_shown_in_parts(view: View) -> None:
    value = {f"key {each} <b>": "x" * 90 for each in range(10_000)}
    view.behind.client.submit("console-echo", value, code="wide")
    view.open("/task/console-echo/wide?tab=input")

    tab = view.page.get_by_role("tabpanel")
    expect(tab).to_contain_text("key 0 <b>")
    assert view.page.evaluate("document.querySelectorAll('main *').length") < 20_000


def test_c12_an_error_of_five_hundred_lines_is_shown(view: View) -> None:
    view.behind.client.submit("console-tall", 500, code="tall")
    view.behind.run()

    view.open("/task/console-tall/tall?tab=error")

    expect(view.page.get_by_role("tabpanel")).to_contain_text("line 10")
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_name_of_256_characters_from_right_to_left_stays_in_its_row(view: View) -> None:
    name = "\u202e" + "\u05e9\u05dc\u05d5\u05dd" * 60
    view.behind.client.submit("console-echo", 1, code="rtl", name=name, delay_seconds=600)

    view.open("/tasks?q=type:console-echo")
    expect(view.main).to_contain_text("console-echo")
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    view.open("/task/console-echo/rtl")
    assert view.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("hours", [-26, 26])
def test_c29_a_browser_whose_clock_is_wrong_shows_no_negative_times(view: View, hours: int) -> None:
    view.behind.client.submit("console-echo", 1, code="now")
    view.behind.client.submit("console-echo", 2, code="later", delay_seconds=900)
    view.open("/tasks?q=type:console-echo")
    view.page.clock.set_system_time(view.cloud.now / 1000 + hours * 3600)

    for page in ("", "/tasks?q=type:console-echo", "/task/console-echo/now"):
        view.go(page)
        shown = view.main.inner_text()
        assert re.findall(r"(?<![\w-])[-\u2212]\d", shown) == []
        assert "NaN" not in shown
        assert "Invalid" not in shown


def test_two_tabs_see_what_one_of_them_did(view: View) -> None:
    task = view.behind.client.submit("console-echo", 1, code="shared", delay_seconds=600)
    view.open("/task/console-echo/shared")
    other = view.page.context.new_page()
    other.goto(view.behind.address("/acme/task/console-echo/shared"))
    expect(other.get_by_role("main").get_by_text("SCHEDULED").first).to_be_visible()

    view.behind.client.cancel(task)
    for page in (view.page, other):
        page.clock.run_for(30_000)
        page.wait_for_timeout(500)

    for page in (view.page, other):
        expect(page.get_by_role("main").get_by_text("CANCELLED").first).to_be_visible()
