"""Rows of tasks and the claims on them, over the table in memory and over moto alike."""

from collections.abc import Callable
from typing import Any

import pytest
from builders import any_key, any_row, any_tenant, held, raw, stored
from hypothesis import given, settings
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.errors import (
    AttemptsSpent,
    ClaimLost,
    IllegalStatusChange,
    TaskCancelled,
    TaskExists,
    TaskNotFound,
)
from taskmill.model.keys import TaskKey, attention_of
from taskmill.model.rows.history import HISTORY_LIMIT
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, RETRYABLE, Status
from taskmill.testing import InProcessCloud

DAY_MS = 86_400_000


def claim(cloud: InProcessCloud, key: TaskKey, *, fence: str = "mine", limit: int = 3) -> TaskRow:
    return cloud.wiring.claims.claim(
        key, fence=fence, lease_until=cloud.now + 60_000, max_attempts=limit
    )


# Put and get


@BOTH_TABLES
def test_a_row_reads_back_as_it_was_put(cloud: InProcessCloud) -> None:
    row = stored(
        cloud,
        input='{"a":1}',
        attributes={"note": [1, 2.5, None, {"a": True}]},
        notify="each",
        run_at=cloud.now,
        history=(("CREATED", 1, 0), ("QUEUED", 2, 0)),
    )

    assert cloud.wiring.tasks.get(row.key) == row


@BOTH_TABLES
def test_a_key_that_is_taken_stays_as_it_is(cloud: InProcessCloud) -> None:
    row = stored(cloud, input="1")
    other = any_row(key=row.key, input="2")

    with pytest.raises(TaskExists, match=row.key.code):
        cloud.wiring.tasks.put(other)
    fresh = [any_row(input=str(number)) for number in range(30)]

    assert cloud.wiring.tasks.put_many([*fresh, other]) == [*fresh, None]
    assert cloud.wiring.tasks.get(row.key) == row
    assert cloud.wiring.tasks.get(fresh[29].key) == fresh[29]


# Claims


@BOTH_TABLES
@pytest.mark.parametrize("status", ["CREATED", "QUEUED", "SCHEDULED", "ERRORED"])
def test_of_many_claims_one_wins(cloud: InProcessCloud, status: str) -> None:
    row = stored(cloud, status=Status(status))
    won, lost = [], []
    for number in range(5):
        try:
            won.append(claim(cloud, row.key, fence=f"worker {number}"))
        except ClaimLost as refused:
            lost.append(refused.again_in_ms)

    assert [(each.fence, each.attempts, each.status) for each in won] == [
        ("worker 0", 1, Status.STARTED)
    ]
    assert lost == [60_000] * 4  # handed back until the lease ends


@BOTH_TABLES
def test_an_expired_lease_is_taken_over_as_the_next_attempt(cloud: InProcessCloud) -> None:
    row = held(cloud)
    cloud.now += 60_001

    taken = claim(cloud, row.key)

    assert (taken.attempts, taken.fence) == (2, "mine")
    assert taken.history[-1] == ("STARTED", cloud.now, 2)


@BOTH_TABLES
@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ended_task_is_claimed_by_nobody(cloud: InProcessCloud, status: Status) -> None:
    row = stored(cloud, status=status)

    with pytest.raises(ClaimLost, match=status) as lost:
        claim(cloud, row.key)

    assert lost.value.again_in_ms is None  # its message is done with


@BOTH_TABLES
@pytest.mark.parametrize(
    ("status", "due"),
    [("ERRORED", "retry_at"), ("SCHEDULED", "run_at"), ("CREATED", "run_at")],
)
def test_a_task_is_not_claimed_before_it_is_due(
    cloud: InProcessCloud, status: str, due: str
) -> None:
    row = stored(cloud, status=Status(status), **{due: cloud.now + 500})

    with pytest.raises(ClaimLost) as early:
        claim(cloud, row.key)
    assert early.value.again_in_ms
    assert early.value.again_in_ms <= 1_000

    cloud.now += 500
    assert claim(cloud, row.key).attempts == 1


@BOTH_TABLES
def test_a_task_whose_last_worker_died_has_spent_its_attempts(cloud: InProcessCloud) -> None:
    row = held(cloud, attempts=3)
    cloud.now += 60_001

    with pytest.raises(AttemptsSpent, match="attempt 3 of 3 was lost with its worker"):
        claim(cloud, row.key)


@BOTH_TABLES
def test_an_error_reported_from_outside_is_followed_by_another_attempt(
    cloud: InProcessCloud,
) -> None:
    row = stored(cloud, status=Status.PROCESSING)
    cloud.service.update_status(key=row.key, status="ERRORED", attributes={"error": "no luck"})

    assert claim(cloud, row.key).attempts == 1


# What the holder of a claim writes


def writes(cloud: InProcessCloud) -> dict[str, Callable[[TaskRow], Any]]:
    claims, later = cloud.wiring.claims, cloud.now + 90_000
    error = {"type": "E", "message": "m", "stack": "s"}
    return {
        "extend": lambda row: claims.extend(row, lease_until=later, kept={"progress": {"done": 1}}),
        "end": lambda row: claims.end(row, Status.COMPLETED, attributes={"result": "1"}),
        "fail": lambda row: claims.end(row, Status.FAILED, attributes={"error": error}),
        "errored": lambda row: claims.errored(row, attributes={"error": error}, retry_at=later),
    }


WRITES = pytest.mark.parametrize("write", ["extend", "end", "fail", "errored"])


@BOTH_TABLES
@WRITES
def test_a_worker_whose_lease_passed_on_writes_nothing(cloud: InProcessCloud, write: str) -> None:
    row = held(cloud)
    cloud.now += 60_001
    claim(cloud, row.key)
    before = raw(cloud, row.key)

    with pytest.raises(ClaimLost, match="passed to another worker or has ended"):
        writes(cloud)[write](row)

    assert raw(cloud, row.key) == before


@BOTH_TABLES
@WRITES
def test_a_worker_learns_that_its_task_was_cancelled(cloud: InProcessCloud, write: str) -> None:
    row = held(cloud)
    cloud.service.cancel(key=row.key)
    before = raw(cloud, row.key)

    with pytest.raises(TaskCancelled):
        writes(cloud)[write](row)

    assert raw(cloud, row.key) == before


@BOTH_TABLES
def test_progress_extends_the_lease(cloud: InProcessCloud) -> None:
    row = claim(cloud, stored(cloud).key)
    cloud.now += 50_000

    extended = cloud.wiring.claims.extend(
        row, lease_until=cloud.now + 60_000, kept={"progress": {"done": 1}}
    )
    cloud.now += 50_000

    assert (extended.status, extended.attributes["progress"]) == (Status.PROCESSING, {"done": 1})
    with pytest.raises(ClaimLost):
        claim(cloud, row.key)


@BOTH_TABLES
def test_success_forgets_the_error_of_an_earlier_attempt(cloud: InProcessCloud) -> None:
    row = held(cloud, attributes={"error": {"message": "first"}})

    cloud.wiring.claims.end(row, Status.COMPLETED, attributes={"result": "1"})

    assert dict(cloud.wiring.tasks.get(row.key).attributes) == {"result": "1"}


# No ghosts


@BOTH_TABLES
@pytest.mark.parametrize(
    "write",
    [
        claim,
        lambda cloud, key: writes(cloud)["extend"](any_row(key=key, fence="f")),
        lambda cloud, key: writes(cloud)["end"](any_row(key=key, fence="f")),
        lambda cloud, key: writes(cloud)["errored"](any_row(key=key, fence="f")),
        lambda cloud, key: cloud.wiring.tasks.move(key, Status.QUEUED),
        lambda cloud, key: cloud.wiring.tasks.amend(key, {"note": 1}),
        lambda cloud, key: cloud.service.update_status(key=key, status="COMPLETED"),
        lambda cloud, key: cloud.service.update_status(key=key, status="CREATED"),
        lambda cloud, key: cloud.service.cancel(key=key),
        lambda cloud, key: cloud.service.retry(key=key),
        lambda cloud, key: cloud.service.get_task(key=key),
    ],
)
def test_nothing_is_made_of_a_task_that_is_not_there(
    cloud: InProcessCloud, write: Callable[..., Any]
) -> None:
    key = any_key()

    with pytest.raises(TaskNotFound) as missing:
        write(cloud, key)

    assert missing.value.details == key.as_dict()
    assert raw(cloud, key) is None


@BOTH_TABLES
def test_a_mark_of_a_row_that_is_gone_makes_none(cloud: InProcessCloud) -> None:
    row = any_row()

    assert cloud.wiring.tasks.mark([(row, Status.QUEUED)]) == [False]
    assert raw(cloud, row.key) is None


# Moves


@BOTH_TABLES
def test_a_mark_leaves_a_row_that_has_moved_on(cloud: InProcessCloud) -> None:
    seen = stored(cloud)
    other = stored(cloud)
    claim(cloud, seen.key)

    assert cloud.wiring.tasks.mark([(seen, Status.QUEUED), (other, Status.QUEUED)]) == [False, True]
    assert cloud.wiring.tasks.get(seen.key).status is Status.STARTED
    assert cloud.wiring.tasks.get(other.key).status is Status.QUEUED


@BOTH_TABLES
@pytest.mark.parametrize("status", sorted(RETRYABLE))
def test_a_retry_begins_afresh_and_keeps_the_history(cloud: InProcessCloud, status: Status) -> None:
    row = held(cloud, attempts=2)
    cloud.service.update_status(
        key=row.key, status=status, attributes={"error": "no", "note": "kept"}
    )

    again = cloud.wiring.tasks.reopen(row.key)

    assert (again.status, again.run, again.attempts) == (Status.CREATED, 2, 0)
    assert dict(again.attributes) == {"note": "kept"}
    gone = (again.ttl, again.attention, again.finished_at, again.fence, again.lease_until)
    assert gone == (None,) * 5
    assert [entry[0] for entry in again.history] == ["STARTED", status, "CREATED"]
    assert claim(cloud, row.key).attempts == 1


@BOTH_TABLES
@pytest.mark.parametrize("status", sorted(set(Status) - RETRYABLE))
def test_nothing_else_can_be_retried(cloud: InProcessCloud, status: Status) -> None:
    row = stored(cloud, status=status)

    with pytest.raises(IllegalStatusChange, match=status):
        cloud.service.retry(key=row.key)


@BOTH_TABLES
def test_a_move_of_an_earlier_run_changes_nothing(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.PROCESSING, run=2)

    with pytest.raises(IllegalStatusChange):
        cloud.wiring.tasks.move(row.key, Status.COMPLETED, run=1)

    assert cloud.wiring.tasks.move(row.key, Status.COMPLETED, run=2).status is Status.COMPLETED


@BOTH_TABLES
def test_a_history_keeps_its_newest_entries(cloud: InProcessCloud) -> None:
    row = stored(cloud)
    lengths = []
    for number in range(HISTORY_LIMIT + 6):
        cloud.now += 1
        status = "PROCESSING" if number % 2 else "STARTED"
        task = cloud.service.update_status(key=row.key, status=status)
        lengths.append(len(task.history))
        assert (task.status, str(task.history[-1].status)) == (status, status)

    assert max(lengths) == HISTORY_LIMIT
    moments = [each.at for each in task.history]
    assert moments == sorted(moments)


@BOTH_TABLES
def test_a_full_history_does_not_loosen_the_table(cloud: InProcessCloud) -> None:
    entries = tuple(("STARTED", number, 0) for number in range(HISTORY_LIMIT))
    row = stored(cloud, status=Status.COMPLETED, history=entries)

    with pytest.raises(IllegalStatusChange):
        cloud.service.update_status(key=row.key, status="PROCESSING")


# What ends, expires


@BOTH_TABLES
@pytest.mark.parametrize("status", sorted(FINAL))
def test_every_row_that_ends_expires(cloud: InProcessCloud, status: Status) -> None:
    moved, ended = stored(cloud), held(cloud)
    cloud.wiring.tasks.move(moved.key, status)
    cloud.wiring.claims.end(ended, status, attributes={})

    for key in (moved.key, ended.key):
        row = cloud.wiring.tasks.get(key)
        assert row.finished_at == cloud.now
        assert row.ttl == (cloud.now + 90 * DAY_MS) // 1000


@BOTH_TABLES
def test_a_row_that_goes_on_does_not_expire(cloud: InProcessCloud) -> None:
    assert cloud.wiring.tasks.move(stored(cloud).key, Status.PROCESSING).ttl is None


def test_without_a_retention_nothing_expires() -> None:
    with InProcessCloud(environment={"TASKMILL_RETENTION_DAYS": "0"}) as cloud:
        assert cloud.wiring.tasks.move(stored(cloud).key, Status.FAILED).ttl is None


@BOTH_TABLES
def test_failed_rows_of_a_tenant_are_listed_newest_first(cloud: InProcessCloud) -> None:
    tenant, failed = any_tenant(), []
    for status in ("FAILED", "COMPLETED", "FAILED", "CANCELLED"):
        cloud.now += 1
        key = stored(cloud, key=any_key(tenant=tenant)).key
        cloud.service.update_status(key=key, status=status)
        failed += [key] if status == "FAILED" else []
    stored(cloud, status=Status.FAILED, attention="FAILED#somebody-else")

    listed = cloud.service.list_failed(tenant_code=tenant)

    assert [each.key for each in listed] == failed[::-1]
    assert [each.key for each in cloud.service.list_failed(tenant_code=tenant, limit=1)] == [
        failed[1]
    ]


@BOTH_TABLES
def test_children_are_listed_by_code_from_where_the_last_page_ended(cloud: InProcessCloud) -> None:
    parent = stored(cloud)
    codes = [f"child-{number:02}" for number in range(7)]
    for code in reversed(codes):
        stored(cloud, key=any_key(code=code, tenant=parent.key.tenant), parent=str(parent.key))
    stored(cloud, parent="TASK#other/a#b")

    first = cloud.service.list_children(key=parent.key, limit=4)
    rest = cloud.service.list_children(key=parent.key, after=first[-1].code)

    assert [each.code for each in first + rest] == codes


# Any order of anything


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(range(9)), st.integers(0, 40)), max_size=25))
def test_in_any_order_a_final_status_stays_and_versions_grow(steps: list[tuple[int, int]]) -> None:
    with InProcessCloud() as cloud:
        submitted = stored(cloud)
        key = submitted.key
        holders: list[TaskRow] = []
        for action, seconds in steps:
            before = cloud.wiring.tasks.get(key)
            cloud.now += seconds * 1_000
            reopened = apply(cloud, submitted, action, holders)
            after = cloud.wiring.tasks.get(key)

            assert after.version - before.version == (after != before)
            assert len(after.history) <= HISTORY_LIMIT
            assert (after.ttl is not None) == after.ended
            if before.ended and not reopened:
                assert (after.status, after.attributes.get("result")) == (
                    before.status,
                    before.attributes.get("result"),
                )
        stored_results = [each for each in cloud.stream.seen if result_appears(each)]
        assert len(stored_results) <= 1


def apply(cloud: InProcessCloud, seen: TaskRow, action: int, holders: list[TaskRow]) -> bool:
    """One thing that may happen to a task; whether it was an explicit retry that worked."""
    key, last = seen.key, holders[-1] if holders else any_row(key=seen.key, fence="none")
    oldest = holders[0] if holders else last
    doings: list[Callable[[], Any]] = [
        lambda: holders.append(claim(cloud, key, fence=f"fence {len(holders)}", limit=20)),
        lambda: writes(cloud)["extend"](last),
        lambda: writes(cloud)["extend"](oldest),
        lambda: writes(cloud)["end"](oldest),
        lambda: writes(cloud)["fail"](last),
        lambda: writes(cloud)["errored"](last),
        lambda: cloud.wiring.tasks.mark([(seen, Status.QUEUED)]),
        lambda: cloud.service.cancel(key=key),
        lambda: cloud.service.retry(key=key),
    ]
    try:
        doings[action]()
    except (ClaimLost, TaskCancelled, IllegalStatusChange, AttemptsSpent):
        return False
    return action == 8


def result_appears(record: dict[str, Any]) -> bool:
    images = [record["dynamodb"].get(name, {}) for name in ("OldImage", "NewImage")]
    old, new = ("result" in image.get("attributes", {}).get("M", {}) for image in images)
    return new and not old


# Notes


@BOTH_TABLES
def test_a_note_is_written_once_and_only_in_its_run(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.FAILED, attributes={"own": 1})
    note = {"types": ["a", "b"], "count": 2, "reason": "none are left"}
    write = cloud.wiring.tasks.note

    write(row.key, "callbacksRefused", note, run=1)

    noted = cloud.wiring.tasks.get(row.key)
    assert noted.attributes == {"own": 1, "callbacksRefused": note}
    assert (noted.status, noted.history) == (row.status, row.history)
    with pytest.raises(IllegalStatusChange):  # it is there
        write(row.key, "callbacksRefused", note, run=1)
    with pytest.raises(IllegalStatusChange):
        write(row.key, "callbacksRefused", {"other": 1}, run=2)
    with pytest.raises(TaskNotFound):
        write(any_key(), "callbacksRefused", note, run=1)
    assert cloud.wiring.tasks.get(row.key) == noted


@BOTH_TABLES
def test_another_run_begins_without_the_note(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.FAILED, attributes={"callbacksRefused": {"count": 1}})

    again = cloud.wiring.tasks.reopen(row.key)

    assert again is not None
    assert again.attributes == {}


@BOTH_TABLES
def test_failed_rows_of_all_keys_are_listed_newest_first(cloud: InProcessCloud) -> None:
    tenant = any_key().tenant
    rows = []
    for number in range(20):
        key = any_key(tenant=tenant)
        place = f"FAILED#{tenant}" if number % 5 == 0 else attention_of(key)  # as before, and now
        failed = {"status": Status.FAILED, "attention": place, "updated_at": 1_000 + number}
        rows.append(stored(cloud, key=key, **failed))

    found = list(cloud.wiring.tasks.failed(tenant, limit=15))

    assert found == [row.key.stored for row in rows[::-1]][:15]
    assert len({row.attention for row in rows}) > 2
