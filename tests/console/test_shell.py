"""The frame of all pages: keys, themes, tenants, what a view costs, when it asks for news."""

from collections.abc import Callable

import httpx
import pytest
from backstage import Backstage
from console_routes import awaits
from console_view import Theme, View
from playwright.sync_api import expect

Show = Callable[..., View]
PAGES = [
    "",
    "/tasks",
    "/fan-outs",
    "/errors",
    "/schedules",
    "/callbacks",
    "/limits",
    "/submit",
    "/health",
]


def statistics(behind: Backstage) -> int:
    """How often the beacon asked."""
    return behind.paths().count("/statistics")


def test_c19_keys_go_to_pages_and_the_palette_goes_anywhere(view: View) -> None:
    view.open()
    keyboard = view.page.keyboard

    for keys, fragment in (("gt", "tasks"), ("gf", "fan-outs"), ("gs", "schedules"), ("go", "")):
        keyboard.type(keys)
        view.page.wait_for_url(f"**/#/acme{'/' + fragment if fragment else ''}")
    keyboard.press("Control+k")
    expect(view.page.get_by_role("combobox")).to_be_focused()
    keyboard.type("callb")
    keyboard.press("Enter")

    view.page.wait_for_url("**/#/acme/callbacks")


def test_c19_the_help_lists_the_keys_and_focus_returns_after_it(view: View) -> None:
    view.open("/tasks")
    button = view.page.get_by_role("button", name="keys")
    button.focus()

    button.press("Enter")
    dialog = view.page.get_by_role("dialog")
    expect(dialog).to_contain_text("Open the palette")
    view.page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_c19_what_has_the_focus_is_seen(view: View) -> None:
    view.open("/tasks")
    seen = []
    for _ in range(12):
        view.page.keyboard.press("Tab")
        seen.append(
            view.page.evaluate(
                """() => { const style = getComputedStyle(document.activeElement);
                  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
                    || style.boxShadow !== "none"; }"""
            )
        )
    assert all(seen)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_c20_the_first_paint_has_the_theme_of_the_system(show: Show, theme: Theme) -> None:
    view = show(theme=theme)
    view.page.add_init_script(
        """new MutationObserver((_, observer) => {
          if (!document.body) return;
          window.themeAtFirst = document.documentElement.dataset.theme;
          observer.disconnect();
        }).observe(document, {childList: true, subtree: true});"""
    )

    view.open()

    assert view.page.evaluate("window.themeAtFirst") == theme
    shade = view.page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(int(part) for part in shade.strip("rgb()").split(",")[:3])
    assert (bright > 600) == (theme == "light")


def test_c20_a_chosen_theme_is_kept_over_reloads(view: View) -> None:
    view.open()
    view.page.get_by_role("button", name="Theme and times").click()

    view.page.get_by_role("menuitemradio", name="Dark theme").click()
    view.open("/tasks")

    assert view.page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_c20_no_status_is_told_by_colour_alone(view: View) -> None:
    view.open()

    for link in view.page.locator("[data-status]:visible").all():
        status = str(link.get_attribute("data-status"))
        assert status.lower() in link.inner_text().lower() or link.get_attribute("aria-label")
        assert link.locator("svg").count() == 1


def test_c21_axe_finds_nothing_on_any_page_without_tasks_in_either_theme(show: Show) -> None:
    view = show(context={"reduced_motion": "reduce"})
    view.open()

    found = {each: view.go(each).violations_in_both_themes() for each in PAGES}

    assert {page: faults for page, faults in found.items() if faults} == {}


def test_c21_nothing_moves_for_those_who_asked_for_that(show: Show) -> None:
    view = show(context={"reduced_motion": "reduce"})
    view.open()

    moving = view.page.evaluate(
        """() => [...document.querySelectorAll("*")].filter((each) => {
          const {animationName, animationDuration, transitionDuration} = getComputedStyle(each);
          return (animationName !== "none" && parseFloat(animationDuration) > 0.01)
            || parseFloat(transitionDuration) > 0.01;
        }).map((each) => each.className)"""
    )

    assert moving == []


def test_c22_the_tenant_is_in_the_address_and_no_other_is_asked_for(view: View) -> None:
    view.behind.client.submit("console-echo", "mine")
    view.open("/tasks?q=type:console-echo")

    tenants = {each.path.split("/")[3] for each in view.behind.asked if "/tenants/" in each.path}

    assert tenants == {"acme"}


def test_c23_production_has_a_bar_with_its_name(show: Show) -> None:
    view = show(environment="prod")

    view.open("/tasks")

    bar = view.page.get_by_role("note", name="Production stack")
    expect(bar).to_contain_text("PROD")
    red, green, blue = (
        int(part)
        for part in bar.evaluate("each => getComputedStyle(each).backgroundColor")
        .strip("rgb()")
        .split(",")[:3]
    )
    assert red > 2 * max(green, blue)


def test_c23_no_other_stack_has_it(show: Show) -> None:
    view = show(environment="dev")

    view.open("/tasks")

    expect(view.page.get_by_role("note", name="Production stack")).to_have_count(0)


@awaits("statistics")
def test_c26_a_hidden_tab_asks_nothing(view: View) -> None:
    view.open("/tasks")
    hide(view, hidden=True)
    before = len(view.behind.asked)

    view.pass_time(120)

    assert len(view.behind.asked) == before
    hide(view, hidden=False)
    view.pass_time(1)
    for _ in range(100):  # the answer takes real time
        if len(view.behind.asked) > before:
            break
        view.page.wait_for_timeout(50)
    assert len(view.behind.asked) > before
    assert statistics(view.behind) > 0


def hide(view: View, *, hidden: bool) -> None:
    view.page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", {get: () => hidden, configurable: true});
          Object.defineProperty(document, "visibilityState",
            {get: () => hidden ? "hidden" : "visible", configurable: true});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_c26_a_pause_is_one_on_focus_and_reconnect_too(view: View) -> None:
    view.open("/tasks")
    view.page.get_by_role("button", name="pause").click()
    view.page.wait_for_timeout(100)
    before = len(view.behind.asked)

    for event in ("focus", "online", "visibilitychange"):
        view.page.evaluate(
            "name => { dispatchEvent(new Event(name)); document.dispatchEvent(new Event(name)); }",
            event,
        )
        view.pass_time(60)

    assert [str(each) for each in view.behind.asked[before:]] == []


def test_c26_the_head_says_how_old_the_data_are(view: View) -> None:
    view.open("/tasks")
    live = view.page.get_by_role("banner")
    expect(live).to_contain_text("updated")
    view.behind.stub(r"/statistics$", lambda _: httpx.Response(503, json={"message": "down"}))
    view.guard.expect("status of 503")

    view.pass_time(20)

    expect(live).to_contain_text("ago")


@awaits("statistics")
def test_c26_the_beacon_asks_less_often_when_nothing_changes(view: View) -> None:
    view.open("/tasks")
    early = asked_within(view, seconds=30)
    asked_within(view, seconds=180)
    late = asked_within(view, seconds=120)

    assert 5 <= early <= 30 / 3 + 1
    assert 1 <= late <= 120 / 30 + 1


def asked_within(view: View, *, seconds: int) -> int:
    """How often the beacon asks; each answer has the real time that it takes."""
    before = statistics(view.behind)
    for _ in range(0, seconds, 3):
        view.pass_time(3)
        view.page.wait_for_timeout(60)
    return statistics(view.behind) - before
