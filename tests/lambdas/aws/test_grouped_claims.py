"""Claims and outcomes that share calls come to the same as those that are made alone."""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from builders import any_key, any_row, raw
from hypothesis import given, settings
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.grouped_claims import GroupedClaims, Wanted
from taskmill.aws.dynamodb.shared_writes import SharedWrites
from taskmill.aws.dynamodb.statements import Update
from taskmill.errors import AttemptsSpent, ClaimLost, TaskCancelled, TaskNotFound
from taskmill.model.rows.history import HISTORY_LIMIT
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.testing import Crash, InProcessCloud

PATIENCE_SECONDS = 20
LIMIT = 3


def grouped(cloud: InProcessCloud) -> GroupedClaims:
    wiring = cloud.wiring
    return GroupedClaims(
        wiring.table,
        retention_days=wiring.settings.retention_days,
        logger=wiring.logger,
        clock=cloud.clock,
    )


def wanted(cloud: InProcessCloud, row: TaskRow, fence: str = "mine") -> Wanted:
    until = cloud.now + 60_000
    return Wanted(key=row.key, fence=fence, lease_until=until, max_attempts=LIMIT)


def together(cloud: InProcessCloud, rows: Sequence[TaskRow]) -> list[TaskRow | None]:
    return grouped(cloud).claim_many([wanted(cloud, row) for row in rows])


def alone(cloud: InProcessCloud, row: TaskRow, fence: str = "mine") -> TaskRow:
    return cloud.wiring.claims.claim(
        row.key, fence=fence, lease_until=cloud.now + 60_000, max_attempts=LIMIT
    )


def put(cloud: InProcessCloud, rows: Sequence[TaskRow]) -> None:
    assert all(cloud.wiring.tasks.put_many(rows))


def told(row: TaskRow | None) -> Any:
    """A row without what differs between twins, and between the two ways to write a history."""
    if row is None:
        return None
    before = [entry[:2] for entry in row.history[:-1]]
    attention = row.attention and row.attention.rpartition("#")[0]  # less its shard
    history = (*before, row.history[-1])
    return dataclasses.replace(row, key=KEY, version=0, history=history, attention=attention)


KEY = any_key()


# Claims


@BOTH_TABLES
def test_what_is_claimed_together_is_claimed_as_if_alone(cloud: InProcessCloud) -> None:
    common: dict[str, Any] = {"input": '{"a":1}', "attributes": {"note": [1, {"a": None}]}}
    kinds: list[dict[str, Any]] = [
        {"status": Status.QUEUED},
        {"status": Status.CREATED},
        {"status": Status.SCHEDULED, "run_at": cloud.now},
        {"status": Status.ERRORED, "retry_at": cloud.now - 1, "attempts": 1, "started_at": 5},
    ]
    rows, twins = ([any_row(**common, **kind) for kind in kinds] for _ in range(2))
    put(cloud, [*rows, *twins])

    claimed = together(cloud, rows)

    assert [told(row) for row in claimed] == [told(alone(cloud, twin)) for twin in twins]
    assert claimed == [cloud.wiring.tasks.get(row.key) for row in rows]


STANDINGS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(Status),
        "attempts": st.integers(0, LIMIT + 1),
        "run_at": st.none() | st.integers(-2, 2),
        "retry_at": st.none() | st.integers(-2, 2),
        "lease_until": st.none() | st.integers(-2, 2),
        "awaited_total": st.none() | st.just(2),
        "awaited_done": st.none() | st.integers(1, 2),
    }
)
MOMENTS = ("run_at", "retry_at", "lease_until")


@settings(max_examples=60, deadline=None)
@given(standings=st.lists(STANDINGS, min_size=1, max_size=25))
def test_nothing_is_claimed_together_that_would_not_be_claimed_alone(
    standings: list[dict[str, Any]],
) -> None:
    with InProcessCloud(modules=["unit_tasks"]) as cloud:
        for each in standings:
            for name in MOMENTS:
                each[name] = None if each[name] is None else cloud.now + each[name]
        rows, twins = ([any_row(**each) for each in standings] for _ in range(2))
        put(cloud, [*rows, *twins])

        for row, twin, claimed in zip(rows, twins, together(cloud, rows), strict=True):
            if claimed is None:  # it is left as it is, for the single claim to decide
                assert cloud.wiring.tasks.get(row.key) == row
            else:
                assert told(claimed) == told(alone(cloud, twin))


@BOTH_TABLES
def test_one_that_is_not_claimed_stops_no_other(cloud: InProcessCloud) -> None:
    ready = [any_row(status=Status.QUEUED) for _ in range(3)]
    ended, missing = any_row(status=Status.COMPLETED), any_row(status=Status.QUEUED)
    put(cloud, [*ready, ended])

    claimed = together(cloud, [ready[0], ended, ready[1], missing, ready[2]])

    assert [row is not None for row in claimed] == [True, False, True, False, True]
    with pytest.raises(ClaimLost):
        alone(cloud, ended)
    with pytest.raises(TaskNotFound):
        alone(cloud, missing)


def test_a_row_that_moves_on_between_reading_and_claiming_is_left_alone(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [any_row(status=Status.CREATED) for _ in range(3)]
    put(cloud, rows)
    read = cloud.wiring.table.get_many

    def read_and_lose_one(keys: Any) -> Any:
        found = read(keys)
        alone(cloud, rows[1], fence="theirs")
        return found

    monkeypatch.setattr(cloud.wiring.table, "get_many", read_and_lose_one)

    claimed = together(cloud, rows)

    assert [row is not None for row in claimed] == [True, False, True]
    assert cloud.wiring.tasks.get(rows[1].key).fence == "theirs"


def test_of_many_who_claim_the_same_tasks_together_each_task_has_one(
    cloud: InProcessCloud,
) -> None:
    rows = [any_row(status=Status.QUEUED) for _ in range(10)]
    put(cloud, rows)
    claims, start = grouped(cloud), threading.Barrier(8)
    won: list[tuple[str, Any]] = []

    def claim(name: str) -> None:
        start.wait(PATIENCE_SECONDS)
        found = claims.claim_many([wanted(cloud, row, name) for row in rows])
        won.extend((name, row.key) for row in found if row is not None)

    in_threads([lambda name=f"w{number}": claim(name) for number in range(8)])  # type: ignore[misc]

    assert sorted(str(key) for _, key in won) == sorted(str(row.key) for row in rows)
    for name, key in won:
        assert cloud.wiring.tasks.get(key).fence == name
        assert cloud.wiring.tasks.get(key).attempts == 1


@BOTH_TABLES
def test_a_claim_whose_answer_was_lost_is_found_by_its_fence(cloud: InProcessCloud) -> None:
    rows = [any_row(status=Status.QUEUED) for _ in range(3)]
    put(cloud, rows)
    claimed = together(cloud, rows)

    again = [alone(cloud, row) for row in rows]

    assert again == claimed
    assert [row.attempts for row in again] == [1, 1, 1]
    with pytest.raises(ClaimLost):
        alone(cloud, rows[0], fence="another")


def test_a_claim_that_was_cancelled_meanwhile_is_not_found_again(cloud: InProcessCloud) -> None:
    row = any_row(status=Status.QUEUED)
    put(cloud, [row])
    alone(cloud, row)
    cloud.wiring.tasks.move(row.key, Status.CANCELLED)

    with pytest.raises(ClaimLost, match="CANCELLED"):
        alone(cloud, row)


def test_attempts_that_are_spent_are_left_to_the_single_claim(cloud: InProcessCloud) -> None:
    row = any_row(status=Status.QUEUED, attempts=LIMIT)
    put(cloud, [row])

    assert together(cloud, [row]) == [None]
    with pytest.raises(AttemptsSpent):
        alone(cloud, row)


# Outcomes

ENDS: dict[str, Callable[[Any, TaskRow], None]] = {
    "completed": lambda claims, row: claims.end(
        row, Status.COMPLETED, attributes={"result": "[1]"}
    ),
    "failed": lambda claims, row: claims.end(
        row, Status.FAILED, attributes={"error": {"type": "X"}}
    ),
    "errored": lambda claims, row: claims.errored(
        row, attributes={"error": {"type": "X"}}, retry_at=7
    ),
    "finished": lambda claims, row: claims.finished(row, {"total": 2}, attributes={}),
    "suspended": lambda claims, row: claims.suspend(row, awaited=2, stalls=0, attributes={}),
}


@BOTH_TABLES
@pytest.mark.parametrize("kind", ENDS)
def test_an_outcome_that_is_shared_is_the_same_as_one_that_is_not(
    cloud: InProcessCloud, kind: str
) -> None:
    stale = {"attributes": {"error": {"type": "of an earlier attempt"}}}
    keys = [any_key(tenant=KEY.tenant) for _ in range(2)]
    rows = [alone(cloud, held_by_none(cloud, key=key, **stale)) for key in keys]

    ENDS[kind](grouped(cloud), rows[0])
    ENDS[kind](cloud.wiring.claims, rows[1])

    shared, single = (cloud.wiring.tasks.get(each.key) for each in rows)
    assert told(shared) == told(single)
    assert shared.status is not rows[0].status


@BOTH_TABLES
@pytest.mark.parametrize("kind", ENDS)
def test_who_lost_the_lease_writes_no_outcome(cloud: InProcessCloud, kind: str) -> None:
    late = alone(cloud, held_by_none(cloud), fence="late")
    cloud.now += 60_001
    alone(cloud, late, fence="next")
    before = raw(cloud, late.key)

    with pytest.raises(ClaimLost):
        ENDS[kind](grouped(cloud), late)

    assert raw(cloud, late.key) == before


@pytest.mark.parametrize("kind", ENDS)
def test_a_cancelled_task_gets_no_outcome(cloud: InProcessCloud, kind: str) -> None:
    row = alone(cloud, held_by_none(cloud))
    cloud.wiring.tasks.move(row.key, Status.CANCELLED)

    with pytest.raises(TaskCancelled):
        ENDS[kind](grouped(cloud), row)

    assert cloud.wiring.tasks.get(row.key).status == "CANCELLED"


def test_an_outcome_is_written_also_where_the_row_was_counted_on_meanwhile(
    cloud: InProcessCloud,
) -> None:
    parent = alone(cloud, held_by_none(cloud))
    cloud.wiring.tasks.amend(parent.key, {"note": 1})  # its version is another now

    grouped(cloud).end(parent, Status.COMPLETED, attributes={"result": "1"})

    ended = cloud.wiring.tasks.get(parent.key)
    assert (ended.status, ended.attributes) == ("COMPLETED", {"note": 1, "result": "1"})


def test_a_full_history_keeps_its_newest_entries(cloud: InProcessCloud) -> None:
    full = tuple(("ERRORED", number, 1) for number in range(HISTORY_LIMIT))
    row = any_row(status=Status.QUEUED, history=full)
    put(cloud, [row])

    (claimed,) = together(cloud, [row])

    assert claimed is not None
    assert len(claimed.history) <= HISTORY_LIMIT - 2
    assert claimed.history[-2:] == (full[-1], ("STARTED", cloud.now, 1))


def held_by_none(cloud: InProcessCloud, **fields: Any) -> TaskRow:
    row = any_row(status=Status.QUEUED, **fields)
    put(cloud, [row])
    return row


# Shared calls


class Calls:
    """The table's batch calls, which can be held up and made to fail."""

    def __init__(self, cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.errors: list[BaseException] = []
        self.begun, self.may_go = threading.Semaphore(0), threading.Event()
        self.may_go.set()
        self._real = cloud.table.batch_execute_statement
        monkeypatch.setattr(cloud.table, "batch_execute_statement", self._call)

    def _call(self, **request: Any) -> Any:
        self.sizes.append(len(request["Statements"]))
        self.begun.release()
        assert self.may_go.wait(PATIENCE_SECONDS)
        if self.errors:
            raise self.errors.pop()
        return self._real(**request)


@pytest.fixture
def batches(cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(cloud, monkeypatch)


def in_threads(runs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=run, daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def shared(cloud: InProcessCloud) -> SharedWrites:
    return SharedWrites(cloud.wiring.table, cloud.wiring.logger)


def update(row: TaskRow, note: str = "there") -> Update:
    return Update(key=row.key.stored, sets={"note": note}, where={"version": row.version})


def test_updates_that_wait_for_a_call_share_the_next(cloud: InProcessCloud, batches: Calls) -> None:
    rows = [any_row() for _ in range(61)]
    for first in (0, 25, 50):
        put(cloud, rows[first : first + 25])
    batches.sizes.clear()
    writes, done = shared(cloud), list[bool]()
    batches.may_go.clear()
    while batches.begun.acquire(blocking=False):
        pass

    def write(row: TaskRow) -> None:
        done.append(writes.write(update(row)))

    threads = [threading.Thread(target=write, args=(row,), daemon=True) for row in rows]
    for thread in threads:
        thread.start()
    assert batches.begun.acquire(timeout=PATIENCE_SECONDS)
    while len(writes._waiting) + batches.sizes[0] < len(rows):
        threading.Event().wait(0.001)
    batches.may_go.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert done == [True] * 61
    assert sum(batches.sizes) == 61
    assert max(batches.sizes) == 25
    assert len(batches.sizes) <= 5
    assert {(raw(cloud, row.key) or {})["note"] for row in rows} == {"there"}


def test_an_update_whose_condition_fails_stops_no_other(cloud: InProcessCloud) -> None:
    row, moved = any_row(), any_row()
    put(cloud, [row, moved])
    cloud.wiring.tasks.amend(moved.key, {})
    writes = shared(cloud)

    assert (writes.write(update(row)), writes.write(update(moved))) == (True, False)
    assert "note" not in (raw(cloud, moved.key) or {})


def test_a_call_that_fails_did_nothing_as_far_as_anybody_knows(
    cloud: InProcessCloud, batches: Calls
) -> None:
    row = any_row()
    put(cloud, [row])
    batches.errors.append(ConnectionError("not now"))
    writes = shared(cloud)

    assert writes.write(update(row)) is False
    assert writes.write(update(row)) is True


def test_a_crash_in_a_shared_call_leaves_nobody_waiting(
    cloud: InProcessCloud, batches: Calls
) -> None:
    rows = [any_row() for _ in range(3)]
    put(cloud, rows)
    while batches.begun.acquire(blocking=False):
        pass
    writes, ends = shared(cloud), list[Any]()
    batches.may_go.clear()
    batches.errors.append(Crash("here"))

    def write(row: TaskRow) -> None:
        try:
            ends.append(writes.write(update(row)))
        except Crash:
            ends.append("crash")

    threads = [threading.Thread(target=write, args=(row,), daemon=True) for row in rows]
    threads[0].start()
    assert batches.begun.acquire(timeout=PATIENCE_SECONDS)
    for thread in threads[1:]:
        thread.start()
    batches.may_go.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)

    assert sorted(map(str, ends)) == ["True", "True", "crash"]


def test_a_throttled_statement_is_tried_alone(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = alone(cloud, held_by_none(cloud))
    busy = {"Error": {"Code": "ThrottlingError", "Message": "not now"}}
    monkeypatch.setattr(cloud.table, "batch_execute_statement", lambda **_: {"Responses": [busy]})

    grouped(cloud).end(row, Status.COMPLETED, attributes={"result": "1"})

    assert cloud.wiring.tasks.get(row.key).status == "COMPLETED"
