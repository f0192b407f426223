"""When a task is too late: pure rules, for any times."""

from typing import Any

from builders import any_row
from hypothesis import given
from hypothesis import strategies as st

from taskmill.model.fan_out_bounds import expired_subtasks, not_begun_in_time
from taskmill.model.rows.task_row import TABLE_NAMES, TaskRow
from taskmill.model.statuses import FINAL, Status
from taskmill.model.task_settings import TaskSettings
from taskmill.model.time_bounds import bounds, renewed, seconds_of, too_late

SECONDS = st.none() | st.integers(1, 31_536_000)
MOMENT = st.integers(1_700_000_000_000, 1_900_000_000_000)
FIELDS = {stored: name for name, stored in TABLE_NAMES.items()}


def row_of(own: TaskSettings, created: int, delay: int, **fields: Any) -> TaskRow:
    start = created + delay
    row = any_row(created_at=created, run_at=start if delay else None, **fields)
    return row.but(**bounds(own, since=start))


@given(SECONDS, SECONDS, MOMENT, st.sampled_from([0, 1_000, 10**9]), st.lists(MOMENT, max_size=4))
def test_each_retry_gives_the_same_time_again(
    expires: int | None, deadline: int | None, created: int, delay: int, retries: list[int]
) -> None:
    own = TaskSettings(expires_seconds=expires, deadline_seconds=deadline)
    row = row_of(own, created, delay)

    for now in sorted(created + abs(each - created) for each in retries):
        row = row.but(**{FIELDS[name]: at for name, at in renewed(row, now).items()})
        assert seconds_of(row) == (expires, deadline)
        since = max(now, row.run_at or 0)
        assert row.expires_at == (None if expires is None else since + expires * 1000)
        assert row.deadline_at == (None if deadline is None else since + deadline * 1000)

    assert seconds_of(row) == (expires, deadline)


@given(SECONDS, SECONDS, MOMENT, MOMENT, st.sampled_from(list(Status)))
def test_nothing_ends_before_its_time(
    expires: int | None, deadline: int | None, created: int, now: int, status: Status
) -> None:
    attempts = created % 2
    own = TaskSettings(expires_seconds=expires, deadline_seconds=deadline)
    row = row_of(own, created, 0, status=status, attempts=attempts)

    late = too_late(row, now)

    if status in FINAL:
        assert late is None
    elif late is None:
        assert deadline is None or now < created + deadline * 1000
    elif late.ends_as is Status.CANCELLED:
        assert attempts == 0
        assert expires is not None
        assert now >= created + expires * 1000
    else:
        assert deadline is not None
        assert now >= created + deadline * 1000


def test_the_submit_goes_before_the_type() -> None:
    own, of_type = TaskSettings(expires_seconds=5), TaskSettings(deadline_seconds=7)

    both = bounds(own, TaskSettings(expires_seconds=9, deadline_seconds=9), since=0)

    assert both == {"expires_at": 5_000, "deadline_at": 9_000}
    assert bounds(own, of_type, since=0) == {"expires_at": 5_000, "deadline_at": 7_000}
    assert bounds(TaskSettings(), of_type, since=0) == {"expires_at": None, "deadline_at": 7_000}


def test_a_batch_that_ran_in_an_earlier_run_has_not_begun_in_this_one() -> None:
    parent = any_row(created_at=0, timed_from=1_000, expires_at=2_000)
    before = any_row(status=Status.COMPLETED, attempts=1, updated_at=500)
    now = any_row(status=Status.ERRORED, attempts=1, updated_at=1_500)

    assert not_begun_in_time(parent, [before], 2_000)
    assert not not_begun_in_time(parent, [before], 1_999)
    assert not not_begun_in_time(parent, [before, now], 2_000)


def test_subtasks_that_expired_count_as_failures() -> None:
    parent = any_row(created_at=0, expires_at=1_000, tolerated_failures="3")
    counts = {"total": 10, "completed": 6, "failed": 2, "cancelled": 2}

    assert expired_subtasks(parent, counts, 2_000) is not None
    assert expired_subtasks(parent, counts, 999) is None
    assert expired_subtasks(parent.but(tolerated_failures="4"), counts, 2_000) is None
    assert expired_subtasks(parent.but(expires_at=None), counts, 2_000) is None
