"""Rows of subtasks and batches, over the table in memory and over moto alike."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from builders import any_fan_out_key, any_row, raw
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.batch_claims import Invocation
from taskmill.aws.dynamodb.batch_counts import BatchCounts
from taskmill.aws.dynamodb.given_up import GivingUp
from taskmill.errors import ClaimLost
from taskmill.model.keys import CHUNK, BatchKey, TaskKey, attention_of
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.subtask_states import fresh
from taskmill.testing import InProcessCloud


def subtasks(parent: TaskKey, count: int, first: int = 0) -> list[TaskRow]:
    return [any_row(key=parent.subtask(index)) for index in range(first, first + count)]


def insert(cloud: InProcessCloud, count: int, first: int = 0) -> list[TaskRow]:
    rows = subtasks(any_fan_out_key(), count, first)
    cloud.wiring.subtasks.insert(rows)
    return rows


_numbers = itertools.count()


def fan_out(**fields: object) -> TaskRow:
    """A fan-out of 50 subtasks in batches of 10, that is split."""
    known = {"rows": 2, "child_count": 50, "batch_size": 10, "status": Status.PROCESSING}
    return any_row(**{"key": any_fan_out_key(), **known, **fields})


FIRST_LAYOUT = {"rows": None}
LAYOUTS = pytest.mark.parametrize("layout", [FIRST_LAYOUT, {"rows": 2}], ids=["first", "second"])


def claim(
    cloud: InProcessCloud,
    parent: TaskRow,
    number: int = 0,
    *,
    owner: str = "execution",
    retry: int = 0,
) -> BatchRow:
    by = Invocation(
        fence=f"{owner} {retry} {next(_numbers)}", owner=owner, retry=retry, until=cloud.now + 1_000
    )
    return cloud.wiring.batches.claim(parent, number, by)


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
    failed = attention_of(row.key) if status == "FAILED" else None
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
@LAYOUTS
def test_a_batch_has_one_holder(cloud: InProcessCloud, layout: dict[str, Any]) -> None:
    parent = fan_out(**layout)
    claim(cloud, parent)

    for owner, retry in (("execution", 0), ("another", 1)):
        with pytest.raises(ClaimLost, match="held by another invocation") as lost:
            claim(cloud, parent, owner=owner, retry=retry)
        assert lost.value.again_in_ms == 1_000


@BOTH_TABLES
@LAYOUTS
def test_a_later_retry_takes_a_batch_over_at_once(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = fan_out(**layout)
    dead = claim(cloud, parent)

    taken = claim(cloud, parent, retry=1)

    assert taken.crashed_before
    with pytest.raises(ClaimLost, match="passed to another invocation"):
        cloud.wiring.batches.close(dead, {"completed": 10})
    with pytest.raises(ClaimLost):
        cloud.wiring.batches.release(dead)
    with pytest.raises(ClaimLost):
        cloud.wiring.batches.tell(dead, {"completed": 1})


@BOTH_TABLES
@LAYOUTS
def test_a_batch_whose_lease_ran_out_is_taken_over(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = fan_out(**layout)
    claim(cloud, parent)
    cloud.now += 1_001

    assert claim(cloud, parent, owner="another").crashed_before


@BOTH_TABLES
@LAYOUTS
def test_a_batch_handed_back_is_free_and_nobody_died(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = fan_out(**layout)
    cloud.wiring.batches.release(claim(cloud, parent))

    assert not claim(cloud, parent, owner="another").crashed_before


@BOTH_TABLES
@LAYOUTS
def test_a_closed_batch_has_nothing_left_to_do(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = fan_out(**layout)
    cloud.wiring.batches.close(claim(cloud, parent), {"completed": 10})

    again = claim(cloud, parent, retry=1)

    assert (again.status, dict(again.counts)) == (Status.COMPLETED, {"completed": 10})
    assert raw_batch(cloud, again.key)["ttl"] == cloud.now // 1000 + 90 * 86_400


def closed(cloud: InProcessCloud, parent: TaskRow, counts: dict[str, int]) -> None:
    cloud.wiring.batches.close(claim(cloud, parent), counts)


def given_up(cloud: InProcessCloud, parent: TaskRow) -> None:
    giving_up(cloud, parent).absent([0])


def giving_up(cloud: InProcessCloud, parent: TaskRow) -> GivingUp:
    return GivingUp(
        batches=cloud.wiring.batches,
        subtasks=cloud.wiring.subtasks,
        parent=parent,
        status=Status.CANCELLED,
        reason="no reason",
    )


EARLIER: dict[str, Callable[[InProcessCloud, TaskRow], object]] = {
    "held under a lease": claim,
    "given up": given_up,
    "closed with a failure": lambda cloud, parent: closed(
        cloud, parent, {"completed": 9, "failed": 1}
    ),
}


@BOTH_TABLES
@pytest.mark.parametrize("before", EARLIER)
def test_another_run_takes_over_what_did_not_complete(cloud: InProcessCloud, before: str) -> None:
    parent = fan_out()
    EARLIER[before](cloud, parent)

    taken = claim(cloud, parent.but(run=2), owner="second")

    assert (taken.status, taken.run, taken.claims, taken.released) == (Status.STARTED, 2, 1, 0)
    assert (dict(taken.counts), taken.kept, taken.reports) == ({}, None, 0)
    assert not taken.crashed_before


@BOTH_TABLES
def test_what_has_completed_stands_in_every_later_run(cloud: InProcessCloud) -> None:
    parent = fan_out()
    closed(cloud, parent, {"completed": 10})

    assert claim(cloud, parent.but(run=2), owner="second").status is Status.COMPLETED
    another = parent.but(created_at=(parent.created_at or 0) + 1)  # with the same code, later
    assert claim(cloud, another, owner="third").status is Status.STARTED


@BOTH_TABLES
def test_a_run_that_is_over_takes_nothing_from_the_next_one(cloud: InProcessCloud) -> None:
    parent = fan_out()
    holds = claim(cloud, parent.but(run=2), owner="second")

    with pytest.raises(ClaimLost):
        claim(cloud, parent, owner="late")
    assert giving_up(cloud, parent).absent([0]) == []
    cloud.wiring.batches.close(holds, {"completed": 10})


@BOTH_TABLES
def test_a_batch_that_is_given_up_keeps_what_had_ended(cloud: InProcessCloud) -> None:
    parent = fan_out()
    holds = claim(cloud, parent)
    rows = [fresh(parent, index) for index in range(10)]
    write = cloud.wiring.subtasks.write
    write([(rows[1], {"status": Status.COMPLETED}), (rows[2], {"status": Status.PROCESSING})])

    ended = giving_up(cloud, parent).one(0, holds)
    assert ended is not None
    assert (ended.counts, ended.errors) == ({"completed": 1, "cancelled": 9}, {})

    write([(rows[3], {"status": Status.COMPLETED})])  # a late worker
    with pytest.raises(ClaimLost):
        cloud.wiring.batches.close(holds, {"completed": 10})
    reads = cloud.wiring.subtask_reads
    seen = [str(row.status) for row in reads.read(parent, 0, 9)]
    assert seen == ["CANCELLED", "COMPLETED", *["CANCELLED"] * 8]
    again = [str(row.status) for row in reads.read(parent.but(run=2), 0, 9)]
    assert again == ["CREATED", "COMPLETED", "CREATED", "COMPLETED", *["CREATED"] * 6]


@BOTH_TABLES
def test_a_batch_that_changes_meanwhile_is_not_given_up(cloud: InProcessCloud) -> None:
    parent = fan_out()
    released = claim(cloud, parent)
    claim(cloud, parent, retry=1)

    assert giving_up(cloud, parent).one(0, released) is None


# Counts


def closed_batches(cloud: InProcessCloud, parent: TaskRow, count: int) -> list[BatchRow]:
    found = []
    for number in range(count):
        batch = claim(cloud, parent, number)
        counts = {"completed": 9, "failed": 1}
        cloud.wiring.batches.close(batch, counts)
        found.append(dataclasses.replace(batch, status=Status.COMPLETED, counts=counts))
    return found


def processing_parent(cloud: InProcessCloud, **layout: Any) -> TaskRow:
    counts = {"total": 50, "completed": 0, "failed": 0, "cancelled": 0}
    row = fan_out(attributes={"counts": counts}, **layout)
    cloud.wiring.tasks.put(row)
    return row


def counts_of(cloud: InProcessCloud, parent: TaskRow) -> tuple[int, int]:
    counts = cloud.wiring.tasks.get(parent.key).attributes["counts"]
    return counts["completed"], counts["failed"]


def tell(cloud: InProcessCloud, parent: TaskRow, batches: Sequence[BatchRow]) -> list[BatchRow]:
    return BatchCounts(table=cloud.wiring.table).tell(parent.key, batches)


@BOTH_TABLES
@LAYOUTS
def test_batches_are_counted_once_however_often_they_are_told(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = processing_parent(cloud, **layout)
    batches = closed_batches(cloud, parent, 3)

    assert tell(cloud, parent, batches[:2]) == []
    now = tell(cloud, parent, batches)  # all or none
    assert [bool(each.untold) for each in now] == [False, False, True]
    assert counts_of(cloud, parent) == (18, 2)
    assert tell(cloud, parent, now) == []
    assert counts_of(cloud, parent) == (27, 3)
    tell(cloud, parent, batches[2:])
    assert counts_of(cloud, parent) == (27, 3)


@BOTH_TABLES
def test_a_batch_tells_its_counts_while_it_runs(cloud: InProcessCloud) -> None:
    parent = processing_parent(cloud)
    batch = claim(cloud, parent)
    early = dataclasses.replace(batch, counts={"completed": 2}, tell="yes")
    later = dataclasses.replace(batch, counts={"completed": 5, "failed": 1}, tell="yes")
    cloud.wiring.batches.tell(batch, early.counts)
    cloud.wiring.batches.tell(batch, later.counts)

    assert tell(cloud, parent, [early]) == []
    assert counts_of(cloud, parent) == (2, 0)
    (now,) = tell(cloud, parent, [later])  # its image is from before that
    assert tell(cloud, parent, [now]) == []
    assert counts_of(cloud, parent) == (5, 1)
    assert "tell" not in raw_batch(cloud, batch.key)

    cloud.wiring.batches.close(batch, {"completed": 9, "failed": 1})
    (now,) = tell(cloud, parent, [early])
    assert tell(cloud, parent, [now]) == []
    assert counts_of(cloud, parent) == (9, 1)


@BOTH_TABLES
@LAYOUTS
def test_a_parent_that_has_ended_is_counted_no_more(
    cloud: InProcessCloud, layout: dict[str, Any]
) -> None:
    parent = processing_parent(cloud, **layout)
    batches = closed_batches(cloud, parent, 1)
    cloud.service.cancel(key=parent.key)

    assert tell(cloud, parent, batches) == []
    assert counts_of(cloud, parent) == (0, 0)
    assert "counted" not in raw_batch(cloud, batches[0].key)


@BOTH_TABLES
def test_the_closing_of_an_earlier_run_is_not_counted(cloud: InProcessCloud) -> None:
    earlier = fan_out()
    batches = closed_batches(cloud, earlier, 1)
    counts = {"total": 50, "completed": 0, "failed": 0, "cancelled": 0}
    parent = earlier.but(run=2, attributes={"counts": counts})
    cloud.wiring.tasks.put(parent)

    assert tell(cloud, parent, batches) == []
    assert counts_of(cloud, parent) == (0, 0)


@BOTH_TABLES
def test_a_batch_of_no_parent_makes_none(cloud: InProcessCloud) -> None:
    parent = fan_out()
    batches = closed_batches(cloud, parent, 1)

    assert tell(cloud, parent, batches) == []
    assert raw(cloud, parent.key) is None


def raw_batch(cloud: InProcessCloud, key: BatchKey) -> dict[str, object]:
    found = cloud.wiring.table.get(key.stored)
    assert found is not None
    return found
