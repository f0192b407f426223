"""The last and next times of schedules, and what their expressions mean in words."""

import pytest

from taskmill.model.recurrence.fires import last_fires, next_fires
from taskmill.model.recurrence.words import in_words

MINUTE, DAY = 60_000, 86_400_000


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(5 minutes)", "every 5 minutes"),
        ("rate(1 hour)", "every hour"),
        ("cron(0 12 * * ? *)", "at 12:00 (UTC)"),
        ("cron(30 6,18 ? * MON-FRI *)", "at 06:30 and 18:30, on Monday to Friday (UTC)"),
        ("cron(0/15 * * * ? *)", "every 15 minutes (UTC)"),
        ("cron(* 8-17 ? * 2-6 *)", "every minute in the hours 8 to 17, on Monday to Friday (UTC)"),
        ("cron(5 * * * ? *)", "at minute 5 of every hour (UTC)"),
        ("cron(0 */2 * * ? *)", "every 2 hours (UTC)"),
        ("cron(0 8 1 * ? *)", "at 08:00, on day 1 of the month (UTC)"),
        ("cron(0 8 L * ? *)", "at 08:00, on the last day of the month (UTC)"),
        ("cron(0 8 15W * ? *)", "at 08:00, on the weekday nearest to day 15 of the month (UTC)"),
        ("cron(0 8 ? * 6L *)", "at 08:00, on the last Friday of the month (UTC)"),
        ("cron(0 8 ? * 2#1 *)", "at 08:00, on the first Monday of the month (UTC)"),
        (
            "cron(0 8 1 JAN,JUL ? 2027)",
            "at 08:00, on day 1 of the month, in January and July, in 2027 (UTC)",
        ),
    ],
)
def test_an_expression_is_told_in_words(expression: str, words: str) -> None:
    assert in_words(expression, "UTC") == words


def test_the_zone_is_told_where_it_matters() -> None:
    assert in_words("cron(0 6 * * ? *)", "Europe/Berlin") == "at 06:00 (Europe/Berlin)"


@pytest.mark.parametrize(
    "expression", ["rate(7 minutes)", "cron(*/7 * * * ? *)", "cron(0 6 ? * MON *)"]
)
def test_the_last_times_are_those_that_came_next_before(expression: str) -> None:
    anchor, now = 1_750_000_000_000, 1_750_000_000_000 + 200 * DAY
    every = []
    for each in next_fires(expression, "UTC", after=anchor, anchor=anchor, most=1 << 20):
        if each > now:
            break
        every.append(each)

    last = last_fires(expression, "UTC", before=now, anchor=anchor, most=20)

    assert last == every[:-21:-1]


def test_a_new_schedule_has_none_behind_it() -> None:
    assert last_fires("rate(1 hour)", "UTC", before=MINUTE, anchor=0, most=20) == []
    assert last_fires("cron(0 6 1 1 ? *)", "UTC", before=MINUTE, anchor=0, most=20) == []
