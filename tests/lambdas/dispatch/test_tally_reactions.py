"""When a parent goes on: pure, from the change that fills its tally."""

import dataclasses
import itertools
from typing import Any

import pytest
from builders import any_key

from taskmill.dispatch.reactions import CountChild, SendMessage, SettleParent, reactions
from taskmill.model.rows.row_change import Change
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


def parent(status: Status, **tally: Any) -> TaskRow:
    return TaskRow(key=any_key(), status=status, **tally)


def kinds(old: TaskRow, new: TaskRow) -> set[type]:
    return {type(each) for each in reactions(Change(old, new))}


def test_the_child_that_fills_the_tally_wakes_the_parent_and_no_other_does() -> None:
    rows = [parent(Status.WAITING, awaited_total=3, awaited_done=done) for done in (1, 2, 3)]
    late = dataclasses.replace(rows[2], version=9)

    woken = [SendMessage in kinds(old, new) for old, new in itertools.pairwise(rows)]

    assert woken == [False, True]
    assert SendMessage not in kinds(rows[2], late)


def test_a_parent_whose_children_ended_before_it_could_wait_goes_on_at_once() -> None:
    running = parent(Status.PROCESSING, awaited_done=2)
    waiting = parent(Status.WAITING, awaited_done=2, awaited_total=2)

    assert SendMessage in kinds(running, waiting)


@pytest.mark.parametrize("total", [0, 2])
def test_a_function_that_returned_after_the_last_child_is_settled_at_once(total: int) -> None:
    settlement = {"total": total, "failed": 0, "cancelled": 0}
    running = parent(Status.PROCESSING, children_completed=total)
    finished = parent(Status.FINISHED, children_completed=total, settlement=settlement)

    assert SettleParent in kinds(running, finished)


def test_children_of_every_outcome_settle_a_parent() -> None:
    settlement = {"total": 3, "failed": 0, "cancelled": 0}
    before = parent(Status.FINISHED, settlement=settlement, children_completed=1, children_failed=1)
    after = dataclasses.replace(before, children_cancelled=1)

    assert kinds(before, after) == {SettleParent}


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_only_what_counts_for_its_parent_is_counted(status: Status) -> None:
    before = parent(Status.PROCESSING, parent="TASK#mbc/a#b", parent_run=1)
    after = dataclasses.replace(before, status=status)
    callback = dataclasses.replace(after, parent_run=None)  # a callback, say

    assert CountChild in kinds(before, after)
    assert CountChild not in kinds(dataclasses.replace(before, parent_run=None), callback)
