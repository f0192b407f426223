"""Rows: what comes back from the table, and changed copies."""

import dataclasses

import pytest
from builders import any_key, any_row

from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


def test_a_row_comes_back_from_its_values_as_it_was() -> None:
    row = any_row(input="1", callbacks=(("success", "mail"),), history=(("CREATED", 5, 0),))

    again = TaskRow.from_values(row.to_values())

    assert again == row
    assert hash(again.key) == hash(row.key)


def test_what_the_table_does_not_hold_is_at_its_default() -> None:
    key = any_key()
    values = {**key.stored._asdict(), "row": "TASK", "status": "QUEUED"}

    row = TaskRow.from_values(values)

    assert row == TaskRow(key=key, status=Status.QUEUED)


def test_a_changed_row_is_another_and_differs_in_that_only() -> None:
    row = any_row(status=Status.QUEUED)

    changed = row.but(status=Status.STARTED, attempts=3)

    assert changed == dataclasses.replace(row, status=Status.STARTED, attempts=3)
    assert row.status is Status.QUEUED


def test_a_field_that_rows_do_not_have_cannot_be_changed() -> None:
    with pytest.raises(TypeError, match="no inptu"):
        any_row().but(inptu="1")


@pytest.mark.parametrize("row", [any_row(), TaskRow.from_values(any_row().to_values())])
def test_a_row_cannot_be_changed_in_place(row: TaskRow) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        row.status = Status.FAILED  # type: ignore[misc]
