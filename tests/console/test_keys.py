"""Everything goes by keyboard, and the focus is seen and returns (C19)."""

import re
from collections.abc import Callable

from console_view import View
from playwright.sync_api import Locator, expect

Show = Callable[..., View]


def rows(view: View) -> Locator:
    return view.page.get_by_role("grid", name="Tasks").locator("[data-index]")


def submitted(view: View, count: int = 3) -> None:
    for number in range(count):
        view.behind.client.submit("console-refund", 500 + number, code=f"r{number}")
    view.behind.client.submit("console-echo", 1, code="later", delay_seconds=9_000)
    view.behind.advance(60)


def opened(view: View) -> None:
    """Open the list of what was submitted; the page knows then that it may write."""
    view.open("/tasks?q=type:console-refund")
    expect(view.page.locator("footer")).not_to_contain_text("read-only")


def test_c19_j_and_k_move_x_selects_and_enter_opens(view: View) -> None:
    submitted(view)
    opened(view)
    expect(rows(view)).to_have_count(3)
    keyboard = view.page.keyboard

    keyboard.type("jjkx")
    expect(rows(view).nth(0)).to_be_focused()
    expect(rows(view).nth(0)).to_have_attribute("aria-selected", "true")
    keyboard.type("jx")
    expect(view.page.get_by_role("region", name="Selected rows")).to_contain_text("2 rows")
    keyboard.press("Escape")
    expect(view.page.get_by_role("region", name="Selected rows")).to_have_count(0)
    code = rows(view).nth(1).locator(".code").inner_text()
    keyboard.press("Enter")

    view.page.wait_for_url(f"**/task/console-refund/{code}")


def test_c19_r_retries_and_c_cancels_the_row(view: View) -> None:
    submitted(view, 1)
    opened(view)
    expect(rows(view)).to_have_count(1)

    view.page.keyboard.type("jr")
    expect(rows(view).first).not_to_contain_text("failed")
    assert view.behind.client.get("console-refund", "r0").run == 2
    view.go("/tasks?q=type:console-echo")
    expect(rows(view)).to_have_count(1)
    view.page.keyboard.type("jc")

    expect(rows(view).first).to_contain_text("cancelled")
    assert view.behind.client.get("console-echo", "later").status == "CANCELLED"


def test_c19_letters_in_a_field_or_a_dialog_are_only_letters(view: View) -> None:
    submitted(view, 1)
    opened(view)
    expect(rows(view)).to_have_count(1)
    view.page.keyboard.type("j/")
    field = view.page.get_by_role("combobox", name="Filter")
    expect(field).to_be_focused()
    view.page.keyboard.type("rcx")
    expect(field).to_have_value("rcx")
    view.page.keyboard.press("Control+k")
    view.page.keyboard.type("gsr")

    expect(view.page.get_by_role("combobox", name=re.compile("Search"))).to_have_value("gsr")
    assert view.behind.paths("POST") in ([], ["/may-write"])
    assert "/tasks" in view.address


def test_c19_g_then_a_letter_goes_to_each_page(view: View) -> None:
    view.open()
    for letter, page in (("t", "/tasks"), ("e", "/errors"), ("s", "/schedules"), ("o", "")):
        view.page.keyboard.type(f"g{letter}")
        view.page.wait_for_url(f"**/#/acme{page}")


def test_c19_the_focus_returns_after_every_dialog_and_menu(view: View) -> None:
    submitted(view)
    view.open("/tasks?q=type:console-refund+status:failed")
    expect(rows(view)).to_have_count(3)
    view.page.keyboard.type("jj")
    expect(rows(view).nth(1)).to_be_focused()
    for key in ("Control+k", "?"):
        returns(view, rows(view).nth(1), lambda key=key: view.page.keyboard.press(key))
    view.page.keyboard.type("x")
    bar = view.page.get_by_role("region", name="Selected rows")
    presses(view, bar.get_by_role("button", name=re.compile("^Retry all")))
    view.page.keyboard.press("Escape")
    for menu in view.page.locator(".header .menu > button").all():
        presses(view, menu)
    view.go("/schedules")
    presses(view, view.main.get_by_role("button", name="New schedule").first)
    view.go("/callbacks")
    presses(view, view.main.get_by_role("button", name=re.compile("^Add")).first)
    view.open("/errors")
    presses(view, view.main.get_by_role("button", name="Retry all").first)
    view.open("/task/console-echo/later")
    presses(view, view.main.get_by_role("button", name=re.compile("^Cancel")).first)


def presses(view: View, button: Locator) -> None:
    """Press it by the keyboard, leave what has opened, and be there again."""
    button.focus()
    returns(view, button, lambda: view.page.keyboard.press("Enter"))


def returns(view: View, to: Locator, opening: Callable[[], None]) -> None:
    opening()
    opened = view.page.locator("dialog[open], [role=menu]")
    expect(opened).to_have_count(1)
    expect(view.page.locator(":is(dialog[open], [role=menu]) :focus")).to_have_count(1)
    view.page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    expect(to).to_be_focused()
