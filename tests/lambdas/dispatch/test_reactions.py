"""Pure: what each of thousands of row changes causes, with no AWS at all."""

import dataclasses
import json
from random import Random
from typing import Any

import pytest
from benchmarks.ledger.stream import FILTERS, matches
from builders import any_batch, any_fan_out_key, any_key, any_row, record

from taskmill.aws.sqs.protocol import message_body
from taskmill.dispatch.reactions import (
    CountBatch,
    CountChild,
    Publish,
    RaiseAlarm,
    RunCallbacks,
    SendMessage,
    StartExecution,
    StopExecution,
    reactions,
)
from taskmill.events import change_from_record
from taskmill.model.keys import BatchKey, Kind, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.row_change import Change
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import MOVES, Status

EMITTING = (SendMessage, StartExecution, StopExecution)

COUNTS = ("total", "completed", "failed", "cancelled")


def any_attributes(rng: Random) -> dict[str, Any]:
    """What rows hold, and what callers from outside may have put in its place."""
    figure = rng.choice([0, 1, 7, 100, 2.5, -3, 1e15])
    anything = [None, True, 7, -1.5, "half", "", [], [1, "a"], {}, {"total": "x", "done": None}]
    given = {
        "counts": {name: rng.randint(0, 50) for name in COUNTS},
        "progress": rng.choice([{"done": figure, "total": rng.randint(0, 9)}, *anything]),
        "result": json.dumps(rng.choice(anything)),
        "error": {"message": rng.choice(["no", "ü" * 9]), "type": "E", "stack": ""},
        "note": rng.choice(anything),
    }
    return {name: value for name, value in given.items() if rng.random() < 0.5}


def any_task_key(rng: Random) -> TaskKey:
    names = [rng.choice(["a", "b.c", "d-e_f"]) for _ in range(3)]
    return TaskKey(rng.choice(list(Kind)), *names)


def any_subtask_key(rng: Random) -> TaskKey:
    key = any_task_key(rng)
    return dataclasses.replace(key, kind=Kind.SFN_TASK, index=rng.choice([0, 1, 499, 500]))


def random_row(rng: Random, key: TaskKey) -> TaskRow:
    unsaid = [] if key.index is None else [None]  # every task has a mode
    return TaskRow(
        key=key,
        status=rng.choice(list(Status)),
        input=rng.choice([None, "1", '"secret"']),
        attributes=any_attributes(rng),
        run_at=rng.choice([None, 0, 10**13]),
        retry_at=rng.choice([None, 0, 10**13]),
        parent_run=rng.choice([None, None, 1, 2]),
        callbacks=rng.choice([(), (("success", "b.c"), ("completion", "a"))]),
        notify=rng.choice(["each", "progress", "none", *unsaid]),
        notify_id=rng.choice([None, "n1", "n2"]),
        version=rng.randint(1, 99),
    )


def random_change(rng: Random, key: TaskKey) -> Change:
    """An insert, a removal, or a change of one row."""
    new = random_row(rng, key)
    if key.index is not None and rng.random() < 0.3:
        first = rng.choice(list(Status))  # it is stored once there is something to say
        return Change(None, dataclasses.replace(new, status=first))
    old = dataclasses.replace(random_row(rng, key), notify=new.notify)
    found = [Change(old, new), Change(old, new), Change(old, None)]
    return rng.choice([*found, Change(None, new)] if key.index is None else found)


def random_batch_change(rng: Random) -> Change:
    key = BatchKey(any_fan_out_key(), rng.randint(0, 9))
    states = [Status.STARTED, Status.COMPLETED]
    counts: list[dict[str, int]] = [{}, {"completed": 1}, {"completed": 2, "failed": 1}]
    new, old = (
        any_batch(
            key=key,
            status=rng.choice(states),
            counts=rng.choice(counts),
            told=rng.choice(counts),
            tell=rng.choice([None, "yes"]),
        )
        for _ in range(2)
    )
    return rng.choice([Change(None, new), Change(old, new), Change(old, None)])


RANDOM = Random(7)  # noqa: S311  # the same changes in every run
TASK_CHANGES = [random_change(RANDOM, any_task_key(RANDOM)) for _ in range(4_000)]
SUBTASK_CHANGES = [random_change(RANDOM, any_subtask_key(RANDOM)) for _ in range(4_000)]
BATCH_CHANGES = [random_batch_change(RANDOM) for _ in range(500)]
CHANGES = [*TASK_CHANGES, *SUBTASK_CHANGES, *BATCH_CHANGES]


def passes(delivered: dict[str, Any]) -> bool:
    return any(matches(each, delivered) for each in FILTERS)


def test_a_subtask_never_starts_a_task() -> None:
    for change in SUBTASK_CHANGES:
        caused = reactions(change)

        assert all(isinstance(each, Publish) for each in caused)
        assert all(each.action in {"sub-task-status", "task-progress"} for each in caused)


def test_every_new_task_is_emitted_just_once() -> None:
    for change in TASK_CHANGES:
        if isinstance(change.new, TaskRow):
            new = dataclasses.replace(change.new, status=Status.CREATED)
            single = new.key.kind is Kind.TASK
            wanted = SendMessage(new, new.run_at) if single else StartExecution(new)

            assert reactions(Change(None, new)) == [wanted]


def test_a_status_is_worked_on_only_when_it_has_just_been_entered() -> None:
    for old, new in pairs(TASK_CHANGES):
        same = dataclasses.replace(new, status=old.status)

        assert all(isinstance(each, Publish) for each in reactions(Change(old, same)))


def test_a_final_status_sends_nothing_to_work() -> None:
    for change in TASK_CHANGES:
        if isinstance(change.new, TaskRow) and change.new.ended:
            emitted = [each for each in reactions(change) if isinstance(each, EMITTING)]
            cancelled = change.new.status is Status.CANCELLED
            stops = cancelled and change.new.key.kind is Kind.SFN_TASK and moved(change)

            assert emitted == ([StopExecution(change.new)] if stops else [])


def test_a_task_that_fails_raises_one_alarm_and_nothing_else_does() -> None:
    for change in CHANGES:
        alarms = [each for each in reactions(change) if isinstance(each, RaiseAlarm)]

        new = change.new
        failed = isinstance(new, TaskRow) and new.status is Status.FAILED and moved(change)
        whole = isinstance(new, TaskRow) and new.key.index is None
        assert alarms == ([RaiseAlarm(new)] if failed and whole else [])


def test_each_final_status_of_a_task_runs_its_callbacks_and_nothing_else_does() -> None:
    for change in CHANGES:
        found = [each for each in reactions(change) if isinstance(each, RunCallbacks)]

        new = change.new
        whole = isinstance(new, TaskRow) and new.key.index is None
        ended = isinstance(new, TaskRow) and new.ended and moved(change)
        assert found == ([RunCallbacks(new)] if whole and ended else [])


def test_a_child_that_ends_is_counted_and_nothing_else_is() -> None:
    for change in CHANGES:
        found = [each for each in reactions(change) if isinstance(each, CountChild)]

        new = change.new
        child = isinstance(new, TaskRow) and new.parent_run is not None and new.key.index is None
        ended = isinstance(new, TaskRow) and new.ended and moved(change)
        assert found == ([CountChild(new)] if child and ended else [])


def test_a_record_delivered_again_causes_the_same() -> None:
    for change in CHANGES[::4]:
        delivered = record(change.old, change.new)  # type: ignore[arg-type]
        parked = json.loads(json.dumps(delivered))

        assert reactions(change_from_record(delivered)) == reactions(change_from_record(parked))


def test_the_filter_stops_only_records_that_cause_nothing() -> None:
    stopped = 0
    for change in CHANGES[::2]:
        delivered = record(change.old, change.new)  # type: ignore[arg-type]
        if not any(matches(each, delivered) for each in FILTERS):
            stopped += 1
            assert reactions(change_from_record(delivered)) == []

    assert stopped


def test_a_message_carries_the_key_alone() -> None:
    for change in TASK_CHANGES:
        for each in reactions(change):
            if isinstance(each, SendMessage):
                key = each.row.key
                assert json.loads(message_body(key)) == {"pk": key.pk, "sk": key.sk}


def test_a_silent_row_publishes_nothing() -> None:
    for old, new in pairs(CHANGES):
        silent = dataclasses.replace(new, notify="none")

        assert not any(isinstance(each, Publish) for each in reactions(Change(old, silent)))


def test_a_change_is_told_at_most_once() -> None:
    for change in CHANGES:
        assert sum(isinstance(each, Publish) for each in reactions(change)) <= 1


def test_a_removed_row_causes_nothing() -> None:
    for change in CHANGES:
        assert reactions(Change(change.old, None)) == []


def test_a_batch_is_counted_when_it_tells_something_new() -> None:
    for change in BATCH_CHANGES:
        new, old = change.new, change.old
        tells = isinstance(new, BatchRow) and bool(new.tell and new.untold)
        open_or_closed = new is not None and new.status in (Status.STARTED, Status.COMPLETED)
        known = (
            isinstance(new, BatchRow)
            and isinstance(old, BatchRow)
            and (old.counts, old.status) == (new.counts, new.status)
        )
        counted = [each for each in reactions(change) if isinstance(each, CountBatch)]

        assert len(counted) == (tells and open_or_closed and not known)
        assert counted == reactions(change)


@pytest.mark.parametrize("status", list(Status))
def test_a_legal_move_emits_at_most_once(status: Status) -> None:
    row = any_row(status=status)
    for target in MOVES[status]:
        caused = reactions(Change(row, dataclasses.replace(row, status=target)))
        assert sum(isinstance(each, EMITTING) for each in caused) <= 1


def test_a_failed_attempt_comes_again_when_it_is_due() -> None:
    running = any_row(status=Status.STARTED)
    errored = dataclasses.replace(running, status=Status.ERRORED, retry_at=5_000)

    assert SendMessage(errored, 5_000) in reactions(Change(running, errored))


def test_an_explicit_retry_emits_the_task_again() -> None:
    failed = any_row(status=Status.FAILED)
    reopened = dataclasses.replace(failed, status=Status.CREATED, run=2)

    assert SendMessage(reopened, None) in reactions(Change(failed, reopened))


def test_a_retried_fan_out_starts_another_execution() -> None:
    failed = any_row(key=any_fan_out_key(), status=Status.FAILED)
    reopened = dataclasses.replace(failed, status=Status.CREATED, run=2)

    assert StartExecution(reopened) in reactions(Change(failed, reopened))


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(0, 0.4, False), (0, 1, True), (5, 5, False), (5, 6, True)],
)
def test_progress_is_told_by_the_whole_percent(before: float, after: float, told: bool) -> None:  # noqa: FBT001
    old, new = (
        any_row(
            key=any_key(tenant="t", code="c"),
            status=Status.PROCESSING,
            attributes={"progress": {"done": done, "total": 100}},
        )
        for done in (before, after)
    )

    assert reactions(Change(old, new)) == ([Publish(new, "task-progress")] if told else [])


def test_a_change_that_asks_for_a_notification_is_told_under_its_id() -> None:
    old = any_row(status=Status.PROCESSING)
    new = dataclasses.replace(old, notify_id="mine", version=2)

    (told,) = reactions(Change(old, new))
    assert isinstance(told, Publish)
    assert told.row.notify_id == "mine"


def test_the_next_change_has_an_id_of_its_own_again() -> None:
    old = any_row(status=Status.PROCESSING, notify_id="mine", version=2)
    new = dataclasses.replace(old, status=Status.COMPLETED, version=3)

    (told,) = [each for each in reactions(Change(old, new)) if isinstance(each, Publish)]
    assert told.row.notify_id is None


def test_an_element_that_was_refused_as_it_was_stored_is_told_too() -> None:
    refused = any_row(key=any_fan_out_key().subtask(0), status=Status.FAILED, notify="each")

    assert reactions(Change(None, refused)) == [Publish(refused, "sub-task-status")]


def moved(change: Change) -> bool:
    old = change.old
    return not isinstance(old, TaskRow) or old.status is not change.new.status  # type: ignore[union-attr]


def pairs(found: list[Change]) -> list[tuple[TaskRow, TaskRow]]:
    return [
        (each.old, each.new)
        for each in found
        if isinstance(each.old, TaskRow) and isinstance(each.new, TaskRow)
    ]
