"""Fingerprints: ids, numbers, dates and quoted text split no group; type, words and place do."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from taskmill.errors import describe_error
from taskmill.model.error_details import parted_error
from taskmill.model.fingerprints import (
    FINGERPRINT_LENGTH,
    error_text,
    fingerprint,
    is_fingerprint,
    normalised,
)

WORDS = st.sampled_from(["order", "of", "customer", "is not there", "can't be read:", "timed out,"])
MOMENTS = st.datetimes(timezones=st.just(UTC))
QUOTED = st.text(st.characters(codec="ascii", exclude_characters="'\"`\\"), max_size=30)
IDS = st.one_of(
    st.uuids(version=4).map(str),
    st.uuids(version=4).map(lambda each: each.hex),
    st.uuids(version=4).map(lambda each: str(each).upper()),
    st.binary(min_size=16, max_size=16).map(lambda each: str(ULID.from_bytes(each))),
    st.binary(min_size=16, max_size=16).map(lambda each: str(ULID.from_bytes(each)).lower()),
    st.integers().map(str),
    st.integers(min_value=0).map(lambda each: f"{each:,}"),
    st.floats(allow_nan=False, allow_infinity=False).map(str),
    st.integers(min_value=0).map(hex),
    st.binary(min_size=20, max_size=32).map(bytes.hex),
    MOMENTS.map(datetime.isoformat),
    MOMENTS.map(lambda each: each.replace(tzinfo=None).isoformat()),
    MOMENTS.map(lambda each: f"{each:%Y-%m-%d %H:%M:%S}"),
    MOMENTS.map(lambda each: f"{each:%d %b %Y}"),
    MOMENTS.map(lambda each: f"{each:%Y-%m-%dT%H:%M:%S}.{each.microsecond // 1000:03}Z"),
    QUOTED.map(lambda each: f"'{each}'"),
    QUOTED.map(lambda each: f'"{each}"'),
    QUOTED.map(lambda each: f"`{each}`"),
)


@given(st.lists(WORDS, min_size=1, max_size=4), st.data())
def test_ids_numbers_dates_and_quoted_text_split_no_group(words: list[str], data: Any) -> None:
    def told() -> str:
        return " ".join(f"{word} {data.draw(IDS)}" for word in words)

    assert normalised(told()) == normalised(told())


@given(st.lists(IDS, min_size=1, max_size=30), st.lists(IDS, min_size=1, max_size=30))
def test_lists_of_another_length_split_no_group(some: list[str], others: list[str]) -> None:
    one, other = (normalised(f"unknown: {', '.join(each)}.") for each in (some, others))
    assert one == other


@given(st.text(st.characters(codec="ascii", categories=["Ll", "Lu", "Zs"]), max_size=150))
def test_words_alone_stay(text: str) -> None:
    kept = " ".join(text.split())
    if not re.search(r"(?i)\b[0-9a-f]{8,}\b", kept):
        assert normalised(text) == kept


@given(st.text(max_size=3_000))
def test_any_text_has_a_normal_form_that_is_short_and_stays(text: str) -> None:
    once = normalised(text)

    assert len(once) <= 200
    assert "\n" not in once
    assert len(normalised(once)) <= len(once)


@pytest.mark.parametrize(
    ("message", "normal"),
    [
        ("can't find order 4711 of 'Smith & Sons'", "can't find order # of #"),
        ("[1, 2, 3] of [4]", "[#] of [#]"),
        ("no row inv-2024-0012 in s3 of acme7", "no row inv-# in s# of acme#"),
        ("it's the user's 5th", "it's the user's #"),
        ("'It's' is no name", "# is no name"),
        ("mail to jane.doe@example.com bounced", "mail to # bounced"),
        ("timeout after 30.5s at 12:30:05", "timeout after # at #"),
        ("two\n  lines", "two lines"),
        ("", ""),
    ],
)
def test_what_a_message_becomes(message: str, normal: str) -> None:
    assert normalised(message) == normal


@pytest.mark.parametrize("start", ["'", '"', "`", "“", "«", "1", "a1", "'a", "#", "1-", "@a."])
def test_a_long_message_takes_no_long_time(start: str) -> None:
    """No pattern backtracks without bound; 4,000 characters are looked at."""
    normalised(start * 100_000)


@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_errors_of_two_types_never_merge(one: str, other: str, message: str) -> None:
    assert (fingerprint(one, message) == fingerprint(other, message)) == (one == other)


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_a_fingerprint_is_of_twelve_characters(kind: str, message: str, frames: list[str]) -> None:
    made = fingerprint(kind, message, frames)

    assert len(made) == FINGERPRINT_LENGTH
    assert is_fingerprint(made)


@given(st.text(), st.text())
def test_the_text_of_an_error_is_a_short_line(kind: str, message: str) -> None:
    text = error_text({"type": kind, "message": message})

    assert len(text) <= 200
    assert "\n" not in text


def mark(error: BaseException) -> str:
    _, beside = parted_error(describe_error(error))
    return beside["fingerprint"]


def caught(raise_it: Any, *args: Any) -> BaseException:
    try:
        raise_it(*args)
    except Exception as error:  # noqa: BLE001  # it is what the test looks at
        return error
    raise AssertionError("nothing was raised")


def wrong(order: int) -> None:
    raise ValueError(f"order {order} is wrong")


def wrong_elsewhere(order: int) -> None:
    raise ValueError(f"order {order} is wrong")


def empty(kind: type[Exception]) -> None:
    raise kind


def wrapped(order: int, text: str) -> None:
    try:
        wrong(order)
    except ValueError as cause:
        raise RuntimeError(text) from cause


def in_a_group(order: int) -> None:
    try:
        wrong(order)
    except ValueError as cause:
        raise ExceptionGroup("several", [cause]) from None


def test_equal_errors_of_one_place_are_one_group() -> None:
    assert mark(caught(wrong, 1)) == mark(caught(wrong, 22))


def test_equal_errors_of_two_places_are_two_groups() -> None:
    assert mark(caught(wrong, 1)) != mark(caught(wrong_elsewhere, 1))


def test_errors_without_message_are_a_group_by_type() -> None:
    assert mark(caught(empty, ValueError)) == mark(caught(empty, ValueError))
    assert mark(caught(empty, ValueError)) != mark(caught(empty, TypeError))


def test_the_innermost_cause_decides() -> None:
    one, other = caught(wrapped, 1, "first"), caught(wrapped, 22, "another text")

    assert mark(one) == mark(other)
    assert mark(one) != mark(caught(wrong, 1))  # raised by another path


def test_the_member_of_a_group_decides() -> None:
    assert mark(caught(in_a_group, 1)) == mark(caught(in_a_group, 22))


def test_a_circle_of_causes_ends() -> None:
    one, other = ValueError("a"), ValueError("b")
    one.__cause__, other.__cause__ = other, one

    assert is_fingerprint(mark(one))


def test_an_error_never_raised_has_a_fingerprint() -> None:
    assert mark(ValueError(f"of {uuid.uuid4()}")) == mark(ValueError(f"of {uuid.uuid4()}"))
