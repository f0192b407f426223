"""What a subtask is without a row, and when its row counts: pure rules."""

from typing import Any

from builders import any_batch, any_fan_out_key, any_row
from hypothesis import given
from hypothesis import strategies as st

from taskmill.model.keys import BatchKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.subtask_states import is_packed, packed, seen

KEY = any_fan_out_key()
COUNTED = {"counts": {"total": 4, "completed": 4}}


def any_parent(**fields: Any) -> TaskRow:
    known = {"key": KEY, "status": Status.PROCESSING, "run": 1, "split_run": 1, "child_count": 4}
    return any_row(**{**known, "batch_size": 4, "rows": 2, "created_at": 1_000, **fields})


def batch_of(parent: TaskRow, **fields: Any) -> BatchRow:
    known = {"key": BatchKey(KEY, 0), "run": parent.run, "since": parent.created_at, "last": 3}
    return any_batch(**{**known, **fields})


def row_of(parent: TaskRow, **fields: Any) -> TaskRow:
    known = {"key": KEY.subtask(1), "run": parent.run, "created_at": parent.created_at}
    return any_row(**{**known, **fields})


def status(parent: TaskRow, batch: BatchRow | None, row: TaskRow | None = None) -> str | None:
    found = seen(parent, batch, row, 1)
    return None if found is None else str(found.status)


@given(st.sets(st.integers(0, 10_000), max_size=50), st.integers(0, 10_001))
def test_a_set_is_packed_with_what_is_in_it(numbers: set[int], other: int) -> None:
    assert all(is_packed(packed(numbers), each) for each in numbers)
    assert is_packed(packed(numbers), other) == (other in numbers)


def test_a_subtask_without_a_row_is_what_its_fan_out_is() -> None:
    assert status(any_parent(), None) == "CREATED"
    assert status(any_parent(), batch_of(any_parent())) == "CREATED"
    assert status(any_parent(status=Status.CANCELLED), None) == "CANCELLED"


def test_what_has_ended_without_a_row_ended_with_its_batch() -> None:
    parent = any_parent()
    failed = seen(parent, batch_of(parent, status=Status.FAILED, reason="broken"), None, 1)
    cancelled = seen(parent, batch_of(parent, status=Status.CANCELLED), None, 1)
    expired = seen(parent, batch_of(parent, status=Status.CANCELLED, reason="late"), None, 1)

    assert failed is not None
    assert cancelled is not None
    assert expired is not None
    errors = [each.attributes.get("error", {}) for each in (failed, cancelled, expired)]
    assert [str(each.status) for each in (failed, cancelled, expired)] == [
        *("FAILED", "CANCELLED", "CANCELLED")
    ]
    assert [each.get("type") for each in errors] == ["WorkflowFailed", None, "Expired"]
    assert [each.get("message") for each in errors] == ["broken", None, "late"]


def test_of_a_batch_that_is_given_up_only_what_it_kept_counts() -> None:
    parent = any_parent()
    row = row_of(parent, status=Status.COMPLETED)
    without = batch_of(parent, status=Status.CANCELLED)

    assert status(parent, without, row) == "CANCELLED"
    assert status(parent, batch_of(parent, status=Status.CANCELLED, kept=packed([1])), row) == (
        "COMPLETED"
    )


def test_of_an_earlier_run_only_what_completed_counts() -> None:
    parent = any_parent(run=2)
    before = any_parent()

    for ended in (Status.FAILED, Status.CANCELLED):
        assert status(parent, None, row_of(before, status=ended)) == "CREATED"
        assert status(parent, batch_of(before, status=ended)) == "CREATED"
    assert status(parent, None, row_of(before, status=Status.COMPLETED)) == "COMPLETED"


def test_rows_of_an_earlier_task_with_the_same_code_do_not_count() -> None:
    parent = any_parent(created_at=2_000)
    earlier = any_parent()

    completed = row_of(earlier, status=Status.COMPLETED)
    assert status(parent, batch_of(earlier, status=Status.COMPLETED, whole=True)) == "CREATED"
    assert status(parent, None, completed) == "CREATED"


def test_a_row_that_has_expired_is_not_made_up() -> None:
    """Rows of a fan-out expire at one time, but DynamoDB deletes them one after the other."""
    parent = any_parent(status=Status.COMPLETED, attributes=COUNTED)
    closed = batch_of(parent, status=Status.COMPLETED)
    kept = batch_of(parent, status=Status.CANCELLED, kept=packed([1]))

    assert status(parent, closed) is None
    assert status(parent, kept) is None
    assert status(parent, None) is None
    assert status(parent, None, row_of(parent, status=Status.COMPLETED)) == "COMPLETED"
