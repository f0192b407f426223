"""Expressions and time zones: what is taken, and when it is due next."""

import itertools
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmill.errors import InvalidRequest
from taskmill.model.clock import to_datetime, to_ms
from taskmill.model.recurrence.cron import Cron
from taskmill.model.recurrence.timetable import check_expression, check_timezone, next_fire

FRIDAY = datetime(2026, 1, 2, 9, 30)  # noqa: DTZ001  # by the clock on some wall


def due(expression: str, after: str, *, timezone: str = "UTC", count: int = 3) -> list[str]:
    """The next times of a schedule, in its own time zone's absence: UTC."""
    now, found = to_ms(datetime.fromisoformat(after)), []
    for _ in range(count):
        moment = next_fire(expression, timezone, after=now, anchor=0)
        if moment is None:
            break
        found.append(f"{to_datetime(moment):%Y-%m-%dT%H:%M}")
        now = moment
    return found


@pytest.mark.parametrize(
    ("fields", "following"),
    [
        ("0 12 * * ? *", "2026-01-02T12:00"),
        ("30 9 * * ? *", "2026-01-03T09:30"),  # not the very moment, the one after
        ("0/20 * * * ? *", "2026-01-02T09:40"),
        ("*/20 10 * * ? *", "2026-01-02T10:00"),
        ("5-59/25 * * * ? *", "2026-01-02T09:55"),
        ("10,45 9,17 * * ? *", "2026-01-02T09:45"),
        ("0 6 ? * MON-FRI *", "2026-01-05T06:00"),
        ("0 6 ? * 1 *", "2026-01-04T06:00"),  # Sunday is 1
        ("0 6 ? * L *", "2026-01-03T06:00"),  # Saturday ends the week
        ("0 6 ? * 6L *", "2026-01-30T06:00"),  # the last Friday
        ("0 6 ? * 2#1 *", "2026-01-05T06:00"),  # the first Monday
        ("0 6 ? * 5#5 *", "2026-01-29T06:00"),
        ("0 6 ? 2 2#5 *", "2044-02-29T06:00"),  # February rarely has five Mondays
        ("0 6 L * ? *", "2026-01-31T06:00"),
        ("0 6 L 2 ? *", "2026-02-28T06:00"),
        ("0 6 29 2 ? *", "2028-02-29T06:00"),
        ("0 6 31 * ? *", "2026-01-31T06:00"),
        ("0 6 3W * ? *", "2026-02-03T06:00"),  # the 3rd was a Saturday: Friday at six is over
        ("0 6 4W * ? *", "2026-01-05T06:00"),  # a Sunday: the Monday after
        ("0 6 1W 8 ? *", "2026-08-03T06:00"),  # a Saturday that begins its month
        ("0 6 31W 5 ? *", "2026-05-29T06:00"),  # a Sunday that ends its month
        ("0 6 1 jan-mar,DEC ? *", "2026-02-01T06:00"),
        ("0 6 1 1 ? 2030-2040/5", "2030-01-01T06:00"),
    ],
)
def test_a_cron_expression_is_due(fields: str, following: str) -> None:
    assert due(f"cron({fields})", f"{FRIDAY}+00:00", count=1) == [following]


@pytest.mark.parametrize("fields", ["0 6 31 2 ? *", "0 6 1 1 ? 2020", "0 6 1 1 ? 2026"])
def test_some_expressions_are_never_due_again(fields: str) -> None:
    assert due(f"cron({fields})", f"{FRIDAY}+00:00") == []


NUMBERS = {"minute": (0, 59), "hour": (0, 23), "month": (1, 12)}


@st.composite
def expressions(draw: st.DrawFn) -> tuple[str, dict[str, set[int]]]:
    """An expression of lists, and the numbers in them."""
    lists = {
        name: draw(st.sets(st.integers(low, high), min_size=1, max_size=5))
        for name, (low, high) in NUMBERS.items()
    }
    texts = {name: ",".join(map(str, each)) for name, each in lists.items()}
    if draw(st.booleans()):
        lists["day"] = draw(st.sets(st.integers(1, 28), min_size=1, max_size=4))
        days = (",".join(map(str, lists["day"])), "?")
    else:
        lists["weekday"] = draw(st.sets(st.integers(1, 7), min_size=1, max_size=3))
        days = ("?", ",".join(map(str, lists["weekday"])))
    minute, hour, month = texts.values()
    return f"{minute} {hour} {days[0]} {month} {days[1]} *", lists


@given(expressions(), st.datetimes(datetime(2025, 1, 1), datetime(2028, 12, 31)))  # noqa: DTZ001
def test_no_time_is_left_out_and_none_is_made_up(
    expression: tuple[str, dict[str, set[int]]], moment: datetime
) -> None:
    fields, lists = expression

    def matches(time: datetime) -> bool:
        found = {
            "minute": time.minute,
            "hour": time.hour,
            "month": time.month,
            "day": time.day,
            "weekday": time.isoweekday() % 7 + 1,
        }
        return all(found[name] in numbers for name, numbers in lists.items())

    following = Cron.parse(fields).next_after(moment)

    assert following is not None
    assert following > moment
    assert matches(following)
    day = moment.replace(second=0, microsecond=0)
    for minutes in itertools.takewhile(
        lambda minutes: day + timedelta(minutes=minutes) < following, range(1, 3_000)
    ):
        assert not matches(day + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "neither cron nor rate"),
        ("0 12 * * ? *", "neither cron nor rate"),
        ("at(2030-01-01T00:00:00)", "neither cron nor rate"),
        ("cron(0 12 * * ?)", "6 fields"),
        ("cron(0 12 * * * *)", "'?'"),
        ("cron(0 12 ? * ? *)", "'?'"),
        ("cron(60 12 * * ? *)", "minute '60': 0 to 59"),
        ("cron(0 24 * * ? *)", "hour '24'"),
        ("cron(0 12 0 * ? *)", "day of month '0'"),
        ("cron(0 12 32W * ? *)", "day of month '32'"),
        ("cron(0 12 LW * ? *)", "day of month 'L'"),
        ("cron(0 12 L-3 * ? *)", "day of month 'L'"),
        ("cron(0 12 * 13 ? *)", "month '13'"),
        ("cron(0 12 * JANUARY ? *)", "month 'JANUARY'"),
        ("cron(0 12 ? * 0 *)", "day of week '0'"),
        ("cron(0 12 ? * 8 *)", "day of week '8'"),
        ("cron(0 12 ? * 2#6 *)", "week of the month '6'"),
        ("cron(0 12 ? * MON#1 *)", "day of week 'MON'"),
        ("cron(0 12 ? * 2#1,3#1 *)", "week of the month '1,3#1'"),
        ("cron(0 12 ? * FRI-MON *)", "from low to high"),
        ("cron(0 12 * * ? 1969)", "year '1969'"),
        ("cron(0/0 12 * * ? *)", "minute '0/0'"),
        ("cron(1, 12 * * ? *)", "minute ''"),
        ("cron(\u0661 12 * * ? *)", "minute '\u0661'"),  # a digit, but not one of AWS's
        ("cron(-1 12 * * ? *)", "minute ''"),
        ("rate(0 minutes)", "neither cron nor rate"),
        ("rate(1 minutes)", "singular"),
        ("rate(5 minute)", "plural"),
        ("rate(5 seconds)", "neither cron nor rate"),
        ("rate(1.5 hours)", "neither cron nor rate"),
        ("rate(100000 minutes)", "neither cron nor rate"),
        ("RATE(5 minutes)", "neither cron nor rate"),
        ("cron(" + "0," * 200 + "0 12 * * ? *)", "at most 256"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_is_wrong(expression: str, why: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_expression(expression)

    assert refused.value.details["field"] == "expression"
    assert why in refused.value.message


@pytest.mark.parametrize(
    ("given_as", "stored_as"),
    [
        ("cron(0 6 ? * mon-fri *)", "cron(0 6 ? * MON-FRI *)"),
        (" cron( 0  6 * * ? * ) ", "cron(0 6 * * ? *)"),
        ("rate(5  minutes)", "rate(5 minutes)"),
        ("rate(1 day)", "rate(1 day)"),
    ],
)
def test_an_expression_is_kept_as_aws_writes_it(given_as: str, stored_as: str) -> None:
    assert check_expression(given_as) == stored_as


@given(st.text(max_size=40))
def test_any_text_is_taken_or_refused(text: str) -> None:
    for expression in (text, f"cron({text})", f"rate({text})"):
        with suppress(InvalidRequest):
            taken = check_expression(expression)
            assert check_expression(taken) == taken


# Time zones


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])
def test_time_zones_of_the_iana_are_taken(name: str) -> None:
    assert check_timezone(name) == name


@pytest.mark.parametrize("name", ["", "Mars", "europe/berlin", "../../etc/passwd", "Europe", "+01"])
def test_other_time_zones_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="timezone") as refused:
        check_timezone(name)

    assert refused.value.details["field"] == "timezone"


def test_cron_goes_by_the_clocks_of_its_time_zone() -> None:
    six = "cron(0 6 * * ? *)"

    assert due(six, "2026-03-28T00:00Z", timezone="Europe/Berlin") == [
        "2026-03-28T05:00",
        "2026-03-29T04:00",  # summer time began
        "2026-03-30T04:00",
    ]


def test_a_time_that_clocks_skip_in_spring_is_skipped() -> None:
    assert due("cron(30 2 * * ? *)", "2026-03-28T00:00Z", timezone="Europe/Berlin") == [
        "2026-03-28T01:30",
        "2026-03-30T00:30",
        "2026-03-31T00:30",
    ]


def test_a_time_that_clocks_show_twice_in_autumn_counts_once() -> None:
    found = due("cron(0/30 1-2 * * ? *)", "2026-10-24T22:45Z", timezone="Europe/Berlin", count=5)

    assert found == [
        "2026-10-24T23:00",  # 01:00
        "2026-10-24T23:30",
        "2026-10-25T00:00",  # 02:00 by summer time
        "2026-10-25T00:30",
        "2026-10-26T00:00",  # 01:00 of the next day, by winter time
    ]


def test_within_the_hour_that_clocks_show_twice_the_next_time_is_later() -> None:
    assert due("cron(45 2 * * ? *)", "2026-10-25T01:15Z", timezone="Europe/Berlin", count=1) == [
        "2026-10-26T01:45"
    ]


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin"])
def test_a_rate_is_counted_from_its_anchor_whatever_clocks_do(timezone: str) -> None:
    anchor = to_ms(datetime(2026, 3, 28, 12, 0, 0, 700_000, tzinfo=UTC))
    first = next_fire("rate(1 day)", timezone, after=anchor, anchor=anchor)
    assert first is not None
    second = next_fire("rate(1 day)", timezone, after=first, anchor=anchor)

    assert [to_datetime(each) for each in (first, second)] == [
        datetime(2026, 3, 29, 12, tzinfo=UTC),
        datetime(2026, 3, 30, 12, tzinfo=UTC),
    ]


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 9_999))
def test_a_rate_keeps_its_distance(anchor: int, after: int, minutes: int) -> None:
    unit = "minute" if minutes == 1 else "minutes"
    period = minutes * 60_000

    due = next_fire(f"rate({minutes} {unit})", "UTC", after=after, anchor=anchor)

    assert due is not None
    assert due > after
    assert (due - anchor // 1000 * 1000) % period == 0
    assert due <= max(after, anchor) + period
