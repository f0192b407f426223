"""Rows of subtasks and batches, over the table in memory and over moto alike."""

import dataclasses
import itertools

import pytest
from builders import any_fan_out_key, any_row, raw, stored
from moto_cloud import BOTH_TABLES

from taskmill.errors import ClaimLost
from taskmill.model.keys import CHUNK, BatchKey, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud


def subtasks(parent: TaskKey, count: int, first: int = 0) -> list[TaskRow]:
    return [any_row(key=parent.subtask(index)) for index in range(first, first + count)]


def insert(cloud: InProcessCloud, count: int, first: int = 0) -> list[TaskRow]:
    rows = subtasks(any_fan_out_key(), count, first)
    cloud.wiring.subtasks.insert(rows)
    return rows


_numbers = itertools.count()


def claim(
    cloud: InProcessCloud, key: BatchKey, *, owner: str = "execution", retry: int = 0
) -> BatchRow:
    return cloud.wiring.batches.claim(
        key,
        span=(0, 9),
        fence=f"{owner} {retry} {next(_numbers)}",
        owner=owner,
        retry=retry,
        until=cloud.now + 1_000,
    )


# Subtasks


@BOTH_TABLES
def test_subtasks_are_read_in_order_across_partitions(cloud: InProcessCloud) -> None:
    rows = insert(cloud, 20, first=CHUNK - 10)
    parent = rows[0].key.parent

    read = list(cloud.wiring.subtasks.read(parent, CHUNK - 5, CHUNK + 4))

    assert read == rows[5:15]


@BOTH_TABLES
def test_inserting_again_changes_nothing(cloud: InProcessCloud) -> None:
    rows = insert(cloud, 30)
    cloud.wiring.subtasks.write([(rows[3], {"status": Status.COMPLETED})])

    cloud.wiring.subtasks.insert(rows)

    read = list(cloud.wiring.subtasks.read(rows[0].key.parent, 0, 29))
    assert [each.status for each in read].count(Status.COMPLETED) == 1
    assert len(read) == 30


@BOTH_TABLES
def test_of_two_workers_one_writes_an_outcome(cloud: InProcessCloud) -> None:
    rows = insert(cloud, 3)
    first = [(row, {"status": Status.COMPLETED, "attributes.result": "1"}) for row in rows[:2]]
    second = [(row, {"status": Status.FAILED, "attributes.result": "2"}) for row in rows]

    assert cloud.wiring.subtasks.write(first) == [True, True]
    assert cloud.wiring.subtasks.write(second) == [False, False, True]
    read = list(cloud.wiring.subtasks.read(rows[0].key.parent, 0, 2))
    assert [each.attributes["result"] for each in read] == ["1", "1", "2"]
    assert [each.version for each in read] == [2, 2, 2]


@BOTH_TABLES
def test_an_outcome_for_no_row_makes_none(cloud: InProcessCloud) -> None:
    (row,) = subtasks(any_fan_out_key(), 1)

    assert cloud.wiring.subtasks.write([(row, {"status": Status.COMPLETED})]) == [False]
    assert raw(cloud, row.key) is None


@BOTH_TABLES
@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_a_subtask_that_ends_expires_and_a_failed_one_asks_for_attention(
    cloud: InProcessCloud, status: str
) -> None:
    (row,) = insert(cloud, 1)

    cloud.wiring.subtasks.write([(row, {"status": Status(status)})])

    ended = cloud.wiring.tasks.get(row.key)
    assert ended.ttl == cloud.now // 1000 + 90 * 86_400
    assert ended.finished_at == cloud.now
    failed = f"FAILED#{row.key.tenant}" if status == "FAILED" else None
    assert ended.attention == failed


@BOTH_TABLES
def test_success_forgets_the_error_of_an_earlier_attempt(cloud: InProcessCloud) -> None:
    (row,) = insert(cloud, 1)
    error = {"status": Status.ERRORED, "attributes.error": {"message": "no"}}
    cloud.wiring.subtasks.write([(row, error)])

    row = cloud.wiring.tasks.get(row.key)
    cloud.wiring.subtasks.write([(row, {"status": Status.COMPLETED})])

    assert dict(cloud.wiring.tasks.get(row.key).attributes) == {}


# Batches


@BOTH_TABLES
def test_a_batch_has_one_holder(cloud: InProcessCloud) -> None:
    key = BatchKey(any_fan_out_key(), 0)
    claim(cloud, key)

    for owner, retry in (("execution", 0), ("another", 1)):
        with pytest.raises(ClaimLost, match="held by another invocation") as lost:
            claim(cloud, key, owner=owner, retry=retry)
        assert lost.value.again_in_ms == 1_000


@BOTH_TABLES
def test_a_later_retry_takes_a_batch_over_at_once(cloud: InProcessCloud) -> None:
    key = BatchKey(any_fan_out_key(), 0)
    dead = claim(cloud, key)

    taken = claim(cloud, key, retry=1)

    assert taken.crashed_before
    with pytest.raises(ClaimLost, match="passed to another invocation"):
        cloud.wiring.batches.close(dead, {"completed": 10})
    with pytest.raises(ClaimLost):
        cloud.wiring.batches.release(dead)


@BOTH_TABLES
def test_a_batch_whose_lease_ran_out_is_taken_over(cloud: InProcessCloud) -> None:
    key = BatchKey(any_fan_out_key(), 0)
    claim(cloud, key)
    cloud.now += 1_001

    assert claim(cloud, key, owner="another").crashed_before


@BOTH_TABLES
def test_a_batch_handed_back_is_free_and_nobody_died(cloud: InProcessCloud) -> None:
    key = BatchKey(any_fan_out_key(), 0)
    cloud.wiring.batches.release(claim(cloud, key))

    assert not claim(cloud, key, owner="another").crashed_before


@BOTH_TABLES
def test_a_closed_batch_has_nothing_left_to_do(cloud: InProcessCloud) -> None:
    key = BatchKey(any_fan_out_key(), 0)
    cloud.wiring.batches.close(claim(cloud, key), {"completed": 10})

    again = claim(cloud, key, retry=1)

    assert (again.status, dict(again.counts)) == (Status.COMPLETED, {"completed": 10})
    assert raw_batch(cloud, key)["ttl"] == cloud.now // 1000 + 90 * 86_400


# Counts


def closed_batches(cloud: InProcessCloud, parent: TaskKey, count: int) -> list[BatchRow]:
    found = []
    for number in range(count):
        batch = claim(cloud, BatchKey(parent, number))
        counts = {"completed": 9, "failed": 1}
        cloud.wiring.batches.close(batch, counts)
        found.append(dataclasses.replace(batch, status=Status.COMPLETED, counts=counts))
    return found


def processing_parent(cloud: InProcessCloud) -> TaskKey:
    counts = {"total": 50, "completed": 0, "failed": 0, "cancelled": 0}
    return stored(
        cloud, key=any_fan_out_key(), status=Status.PROCESSING, attributes={"counts": counts}
    ).key


def counts_of(cloud: InProcessCloud, key: TaskKey) -> tuple[int, int]:
    counts = cloud.wiring.tasks.get(key).attributes["counts"]
    return counts["completed"], counts["failed"]


@BOTH_TABLES
def test_batches_are_counted_once_however_often_they_are_told(cloud: InProcessCloud) -> None:
    parent = processing_parent(cloud)
    batches = closed_batches(cloud, parent, 3)

    assert cloud.wiring.batches.count(parent, batches[:2]) == []
    assert cloud.wiring.batches.count(parent, batches) == batches[2:]  # all or none
    assert counts_of(cloud, parent) == (18, 2)
    assert cloud.wiring.batches.count(parent, batches[2:]) == []
    assert counts_of(cloud, parent) == (27, 3)
    assert cloud.wiring.batches.count(parent, batches[2:]) == []
    assert counts_of(cloud, parent) == (27, 3)


@BOTH_TABLES
def test_a_parent_that_has_ended_is_counted_no_more(cloud: InProcessCloud) -> None:
    parent = processing_parent(cloud)
    batches = closed_batches(cloud, parent, 1)
    cloud.service.cancel(key=parent)

    assert cloud.wiring.batches.count(parent, batches) == []
    assert counts_of(cloud, parent) == (0, 0)
    assert "counted" not in raw_batch(cloud, batches[0].key)


@BOTH_TABLES
def test_what_another_run_begins_with_is_not_counted_in_it(cloud: InProcessCloud) -> None:
    parent = processing_parent(cloud)
    kept, reopened = closed_batches(cloud, parent, 2)
    cloud.wiring.batches.reopen(reopened)

    cloud.wiring.batches.keep([kept, reopened])

    assert raw_batch(cloud, kept.key)["counted"] is True
    assert "counted" not in raw_batch(cloud, reopened.key)
    assert cloud.wiring.batches.count(parent, [kept]) == []
    assert counts_of(cloud, parent) == (0, 0)


@BOTH_TABLES
def test_the_closing_of_an_earlier_run_is_not_counted(cloud: InProcessCloud) -> None:
    parent = processing_parent(cloud)
    (earlier,) = closed_batches(cloud, parent, 1)
    cloud.wiring.batches.reopen(earlier)
    cloud.wiring.batches.close(claim(cloud, earlier.key, owner="second"), {"completed": 10})

    assert cloud.wiring.batches.count(parent, [earlier]) == []
    assert counts_of(cloud, parent) == (0, 0)


@BOTH_TABLES
def test_a_batch_of_no_parent_makes_none(cloud: InProcessCloud) -> None:
    parent = any_fan_out_key()
    batches = closed_batches(cloud, parent, 1)

    assert cloud.wiring.batches.count(parent, batches) == []
    assert raw(cloud, parent) is None


def raw_batch(cloud: InProcessCloud, key: BatchKey) -> dict[str, object]:
    found = cloud.wiring.table.get(key.stored)
    assert found is not None
    return found
