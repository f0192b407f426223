import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.errors import InvalidRequest, LimitExceeded
from taskmill.model import batch_plan
from taskmill.model.batch_plan import (
    MAX_BATCHES,
    MAX_SUBTASKS,
    batch_size_for,
    batch_spans,
    check_count,
    check_tolerance,
    default_notify,
    tolerates,
)


@given(st.integers(0, 3_000), st.integers(1, 400))
def test_batches_hold_every_index_exactly_once(count: int, size: int) -> None:
    spans = batch_spans(count, size)

    assert [index for first, last in spans for index in range(first, last + 1)] == [*range(count)]
    assert all(last - first < size for first, last in spans)


@given(st.integers(1, MAX_SUBTASKS))
def test_the_default_size_never_makes_too_many_batches(count: int) -> None:
    size = batch_size_for(count)

    assert -(-count // size) <= MAX_BATCHES
    assert size <= 200
    least = -(-count // MAX_BATCHES)
    assert size == max(least, 1) or (size - 1) ** 2 < count  # no longer than they are many


@given(st.integers(0, MAX_SUBTASKS), st.integers(1, 10_000))
def test_a_size_is_kept_or_refused_with_the_least_possible(count: int, asked: int) -> None:
    try:
        size = batch_size_for(count, asked)
    except InvalidRequest as refused:
        least = refused.details["limit"]
        assert -(-count // asked) > MAX_BATCHES
        assert batch_size_for(count, least) == least
        assert least == 1 or -(-count // (least - 1)) > MAX_BATCHES
    else:
        assert size == asked
        assert -(-count // size) <= MAX_BATCHES


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (0, 1),
        (1, 1),
        (2, 2),
        (4, 2),
        (5, 3),
        (10, 4),
        (100, 10),
        (101, 11),
        (1_000, 32),
        (9_801, 99),
        (10_000, 100),
        (500_000, 100),
        (1_000_000, 200),
    ],
)
def test_the_default_size_is_the_documented_one(count: int, size: int) -> None:
    assert batch_size_for(count) == size


def test_a_million_subtasks_are_accepted_and_one_more_refused() -> None:
    check_count(MAX_SUBTASKS)

    with pytest.raises(LimitExceeded, match="1,000,001 subtasks; at most 1,000,000"):
        check_count(MAX_SUBTASKS + 1)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_count_tolerates_just_so_many(allowed: int, failed: int, total: int) -> None:
    assert tolerates(str(allowed), failed=failed, total=total) == (failed <= allowed)


@settings(max_examples=500)
@given(
    st.integers(0, 100_00),
    st.integers(1, 10**6) | st.sampled_from([10**4, 10**5, 10**6]),
    st.data(),
)
def test_a_percentage_is_exact(hundredths: int, total: int, data: st.DataObject) -> None:
    text = f"{hundredths // 100}.{hundredths % 100:02}%" if hundredths < 100_00 else "100%"
    edge = hundredths * total // 100_00  # the most that may fail
    failed = data.draw(st.sampled_from([edge, edge + 1]) | st.integers(0, total))

    within = Fraction(failed, total) <= Fraction(hundredths, 100_00)
    assert tolerates(check_tolerance(text), failed=failed, total=total) == within


def test_nothing_is_tolerated_unless_said() -> None:
    assert tolerates(None, failed=0, total=10)
    assert not tolerates(None, failed=1, total=10)


@pytest.mark.parametrize(
    "text", ["", "-1", "5 %", "101%", "100.5%", "five", "1e3", "%", "5%%", " 5", "0x5", "٣"]
)
def test_what_is_no_tolerance_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(InvalidRequest, match="a count from 0 or a percentage") as refused:
        check_tolerance(text)

    assert refused.value.details["field"] == "toleratedFailures"


def test_beyond_a_thousand_subtasks_only_progress_is_told() -> None:
    assert [default_notify(count) for count in (1, 1_000, 1_001)] == ["each", "each", "progress"]


def test_the_largest_plan_fits_one_execution_state() -> None:
    count = batch_plan.MAX_SUBTASKS
    spans = batch_plan.batch_spans(count, batch_plan.batch_size_for(count))

    state = json.dumps({"split": {"batches": spans, "maxConcurrency": 10_000}})

    assert len(spans) == batch_plan.MAX_BATCHES
    assert len(state) < 262_144 / 2  # half of what Step Functions takes
