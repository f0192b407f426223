"""The page of the queues' health, and what was given up."""

import json
from collections.abc import Callable

import pytest
from builders import any_row, record
from console_view import View
from playwright.sync_api import Locator, expect

from taskmill.testing import InProcessCloud

Show = Callable[..., View]
DEAD = "failures-dead-letters"
STILL = {"reduced_motion": "reduce"}  # axe waits for animations


def give_up(cloud: InProcessCloud, count: int) -> None:
    """Let the dispatcher have given up changes, and others other messages."""
    for _ in range(count):
        cloud.queues.put(DEAD, json.dumps({"record": record(None, any_row())}), 0)
    for url in ("dead-letters", "unreadable", "workflow-dead-letters"):
        cloud.queues.put(url, "{}", cloud.now)


def row(view: View, name: str) -> Locator:
    named = view.page.get_by_text(name, exact=True)
    return view.main.get_by_role("row").filter(has=named)


def redrive(view: View) -> None:
    row(view, "dead changes").get_by_role("button", name="Redrive…").click()
    dialog = view.page.get_by_role("dialog")
    expect(dialog).to_contain_text("of all tenants")
    dialog.get_by_role("button", name="Redrive", exact=True).click()
    expect(dialog).to_have_count(0)


def test_c36_dead_letters_say_what_to_do_and_only_changes_can_be_redriven(show: Show) -> None:
    view = show(context=STILL)
    give_up(view.cloud, 5)

    view.open("/health")

    expect(view.main).to_contain_text("8 given up")
    assert view.violations_in_both_themes() == []
    expect(row(view, "dead letters")).to_contain_text("a function sends the task's message again")
    expect(row(view, "unreadable messages")).to_contain_text("then delete them")
    expect(row(view, "workflow events")).to_contain_text("taskmill sweep")
    expect(view.main.get_by_role("button", name="Redrive…")).to_have_count(1)
    expect(row(view, "dead changes").get_by_role("button")).to_have_text("Redrive…")


def test_c36_a_redrive_is_asked_for_and_shows_how_far_it_is(show: Show) -> None:
    view = show(context=STILL)
    give_up(view.cloud, 5)
    view.cloud.queues.moves.at_once = 0
    view.open("/health")

    row(view, "dead changes").get_by_role("button", name="Redrive…").click()
    view.page.keyboard.press("Escape")
    assert view.cloud.meter.calls["sqs.start_message_move_task"] == 0
    redrive(view)

    expect(row(view, "dead changes")).to_contain_text("being redriven: 0 of 5 moved")
    view.cloud.queues.moves.at_once = 3
    view.page.clock.run_for(2_100)
    expect(row(view, "dead changes")).to_contain_text("3 of 5 moved")
    view.page.clock.run_for(2_100)
    expect(row(view, "dead changes")).to_contain_text("redrive completed: 5 of 5 moved")
    view.page.clock.run_for(10_100)  # SQS counts messages a little late
    expect(row(view, "dead changes").get_by_role("button")).to_have_count(0)
    assert not view.cloud.queues.queues[DEAD]


def test_c36_a_redrive_can_be_stopped(show: Show) -> None:
    view = show(context=STILL)
    give_up(view.cloud, 5)
    view.cloud.queues.moves.at_once = 0
    view.open("/health")
    redrive(view)

    row(view, "dead changes").get_by_role("button", name="Stop…").click()
    view.page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()

    expect(row(view, "dead changes")).to_contain_text("redrive cancelled: 0 of 5 moved")
    assert len(view.cloud.queues.queues[DEAD]) == 5


@pytest.mark.parametrize("how", [{"read_only": True}, {}])
def test_c36_a_console_that_may_only_read_has_no_redrive(show: Show, how: dict[str, bool]) -> None:
    view = show(**how)
    give_up(view.cloud, 1)
    view.open("/health")

    expect(row(view, "dead changes")).to_contain_text("find the cause")
    buttons = row(view, "dead changes").get_by_role("button")
    expect(buttons).to_have_count(0 if how else 1)
