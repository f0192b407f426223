"""Pure: what each of thousands of row changes causes, with no AWS at all."""

import dataclasses
import json
from typing import Any

import pytest
from builders import (
    JSON,
    KEYS,
    SUBTASK_KEYS,
    TASK_KEYS,
    any_batch,
    any_fan_out_key,
    any_key,
    any_row,
    record,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.events import change_from_record
from taskmill.keys import BatchKey, Kind
from taskmill.queue import message_body
from taskmill.reactions import (
    CountBatch,
    Publish,
    RaiseAlarm,
    SendMessage,
    StartExecution,
    StopExecution,
    reactions,
)
from taskmill.rows import BatchRow, Change, TaskRow
from taskmill.statuses import FINAL, MOVES, Status

EMITTING = (SendMessage, StartExecution, StopExecution)
STATUSES = st.sampled_from(Status)
MANY = settings(max_examples=1_000)

# The filters of the dispatcher's event source; tests/lambdas/test_testing_shim.py holds them
# against the construct.
FILTERS: list[dict[str, Any]] = [
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["TASK", "SFN_TASK"]}}},
    },
    {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["SUBTASK"]}, "notify": {"S": ["each"]}}},
    },
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["BATCH"]}, "status": {"S": ["COMPLETED"]}}},
    },
]


def attributes() -> st.SearchStrategy[dict[str, Any]]:
    """What rows hold, and what callers from outside may have put in its place."""
    counts = st.fixed_dictionaries(
        {name: st.integers(0, 50) for name in ("total", "completed", "failed", "cancelled")}
    )
    progress = st.fixed_dictionaries(
        {"done": st.floats(0, 9) | st.integers(0, 9)}, optional={"total": st.integers(0, 9)}
    )
    return st.fixed_dictionaries(
        {},
        optional={
            "counts": counts,
            "progress": progress | JSON,
            "result": JSON.map(json.dumps),
            "error": st.fixed_dictionaries({"message": st.text(max_size=9)}),
            "note": JSON,
        },
    )


@st.composite
def rows(draw: st.DrawFn, keys: st.SearchStrategy[Any] = KEYS) -> TaskRow:
    return TaskRow(
        key=draw(keys),
        status=draw(STATUSES),
        input=draw(st.none() | JSON.map(json.dumps)),
        attributes=draw(attributes()),
        run_at=draw(st.none() | st.integers(0, 10**13)),
        retry_at=draw(st.none() | st.integers(0, 10**13)),
        notify=draw(st.sampled_from([None, "each", "progress", "none"])),
        notify_id=draw(st.sampled_from([None, "n1", "n2"])),
        version=draw(st.integers(1, 99)),
    )


@st.composite
def changes(draw: st.DrawFn, keys: st.SearchStrategy[Any] = KEYS) -> Change:
    """An insert, a removal, or a change of one row."""
    new = draw(rows(keys))
    old = dataclasses.replace(draw(rows(st.just(new.key))), notify=new.notify)
    return draw(st.sampled_from([Change(None, new), Change(old, new), Change(old, None)]))


@st.composite
def batch_changes(draw: st.DrawFn) -> Change:
    key = BatchKey(any_fan_out_key(), draw(st.integers(0, 9)))
    states = st.sampled_from([Status.STARTED, Status.COMPLETED])
    new, old = (any_batch(key=key, status=draw(states)) for _ in range(2))
    return draw(st.sampled_from([Change(None, new), Change(old, new), Change(old, None)]))


def matches(pattern: Any, value: Any) -> bool:
    """AWS's event filter, as far as ours use it: equal to any of a list."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            matches(inner, value.get(name)) for name, inner in pattern.items()
        )
    return value in pattern


def passes(delivered: dict[str, Any]) -> bool:
    return any(matches(each, delivered) for each in FILTERS)


@MANY
@given(changes(SUBTASK_KEYS))
def test_a_subtask_never_starts_a_task(change: Change) -> None:
    caused = reactions(change)

    assert all(isinstance(each, Publish) for each in caused)
    assert all(each.action in {"sub-task-status", "task-progress"} for each in caused)


@MANY
@given(rows(TASK_KEYS))
def test_every_new_task_is_emitted_just_once(row: TaskRow) -> None:
    created = dataclasses.replace(row, status=Status.CREATED)

    caused = reactions(Change(None, created))

    wanted: Any = (
        SendMessage(created, created.run_at)
        if created.key.kind is Kind.TASK
        else StartExecution(created)
    )
    assert caused == [wanted]


@MANY
@given(changes(TASK_KEYS))
def test_a_status_is_worked_on_only_when_it_has_just_been_entered(change: Change) -> None:
    old, new = change.old, change.new
    if isinstance(old, TaskRow) and isinstance(new, TaskRow):
        same = dataclasses.replace(new, status=old.status)
        caused = reactions(Change(old, same))
        assert not [each for each in caused if not isinstance(each, Publish)]


@MANY
@given(changes(TASK_KEYS))
def test_a_final_status_sends_nothing_to_work(change: Change) -> None:
    if isinstance(change.new, TaskRow) and change.new.status in FINAL:
        emitted = [each for each in reactions(change) if isinstance(each, EMITTING)]
        cancelled = change.new.status is Status.CANCELLED
        stops = cancelled and change.new.key.kind is Kind.SFN_TASK
        assert emitted == ([StopExecution(change.new)] if stops and _moved(change) else [])


@MANY
@given(changes(TASK_KEYS))
def test_a_task_that_fails_raises_one_alarm_and_nothing_else_does(change: Change) -> None:
    alarms = [each for each in reactions(change) if isinstance(each, RaiseAlarm)]

    failed = isinstance(change.new, TaskRow) and change.new.status is Status.FAILED
    assert alarms == ([RaiseAlarm(change.new)] if failed and _moved(change) else [])


@MANY
@given(changes() | batch_changes())
def test_a_record_delivered_again_causes_the_same(change: Change) -> None:
    delivered = record(change.old, change.new)  # type: ignore[arg-type]

    first = reactions(change_from_record(delivered))
    again = reactions(change_from_record(json.loads(json.dumps(delivered))))

    assert first == again


@MANY
@given(changes() | batch_changes())
def test_the_filter_stops_only_records_that_cause_nothing(change: Change) -> None:
    delivered = record(change.old, change.new)  # type: ignore[arg-type]

    if not passes(delivered):
        assert reactions(change_from_record(delivered)) == []


@MANY
@given(rows(TASK_KEYS))
def test_a_message_carries_the_key_alone(row: TaskRow) -> None:
    created = dataclasses.replace(row, status=Status.CREATED)
    for each in reactions(Change(None, created)):
        assert json.loads(message_body(each.row.key)) == {"pk": row.key.pk, "sk": row.key.sk}


@given(changes(), st.sampled_from(["none"]))
def test_a_silent_row_publishes_nothing(change: Change, notify: str) -> None:
    if isinstance(change.new, TaskRow):
        silent = dataclasses.replace(change.new, notify=notify)
        caused = reactions(Change(change.old, silent))
        assert not [each for each in caused if isinstance(each, Publish)]


@MANY
@given(changes())
def test_one_change_is_told_at_most_once(change: Change) -> None:
    assert sum(isinstance(each, Publish) for each in reactions(change)) <= 1


@given(changes() | batch_changes())
def test_a_removed_row_causes_nothing(change: Change) -> None:
    assert reactions(Change(change.old, None)) == []


@given(batch_changes())
def test_a_batch_is_counted_when_it_closes(change: Change) -> None:
    closes = isinstance(change.new, BatchRow) and change.new.status is Status.COMPLETED
    was_closed = isinstance(change.old, BatchRow) and change.old.status is Status.COMPLETED

    counted = [CountBatch(change.new)] if closes and not was_closed else []  # type: ignore[arg-type]
    assert reactions(change) == counted


@given(STATUSES)
def test_a_path_of_legal_moves_never_emits_twice_for_one_status(status: Status) -> None:
    row = any_row(status=status)
    for target in MOVES[status] - {status}:
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

    (told,) = reactions(Change(old, new))
    assert isinstance(told, Publish)
    assert told.row.notify_id is None


def _moved(change: Change) -> bool:
    return change.old is None or change.old.status is not change.new.status  # type: ignore[union-attr]
