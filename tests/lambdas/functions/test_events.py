import dataclasses
import json

import pytest
from builders import KEYS, any_batch, any_fan_out_key, any_key, any_row, record, sqs_record
from hypothesis import given

from taskmill.aws.sqs.protocol import message_body
from taskmill.errors import InvalidKey
from taskmill.events import StepFunctionTaskEvent, TaskEvent, TaskQueueEvent
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status


@given(KEYS)
def test_a_message_names_its_task(key: TaskKey) -> None:
    event = TaskQueueEvent.from_sqs_record(sqs_record("m", message_body(key)))

    assert (event.key, event.task_type, event.input) == (key, key.type, None)


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "null", "7", '"text"', "{}", '{"pk": "TASK#t"}', '{"pk": 1, "sk": 2}']
    + [json.dumps({"pk": "TASK#t", "sk": sk}) for sk in ("", "a", "a#b#0#1", "a#", "#b")],
)
def test_a_body_that_is_no_key_is_refused(body: str) -> None:
    with pytest.raises(InvalidKey):
        TaskQueueEvent.from_sqs_record(sqs_record("m", body))


def test_the_state_machine_names_a_task_or_a_subtask() -> None:
    key = any_fan_out_key()

    parent = StepFunctionTaskEvent.from_state_machine_input(key.as_dict())
    subtask = StepFunctionTaskEvent.from_state_machine_input({**key.as_dict(), "index": 3})

    assert (parent.key, parent.parent) == (key, key)
    assert (subtask.key, subtask.parent) == (key.subtask(3), key)


def test_an_insert_of_a_task_starts_it() -> None:
    row = any_row()

    event = TaskEvent.from_dynamodb_record(record(None, row))

    assert (event.key, event.event_name, event.starts_task) == (row.key, "INSERT", True)
    assert (event.old, event.new) == (None, row)


def test_neither_a_change_nor_a_removal_nor_a_subtask_starts_anything() -> None:
    row = any_row()
    changed = dataclasses.replace(row, status=Status.QUEUED)
    subtask = any_row(key=any_fan_out_key().subtask(0))

    for old, new in ((row, changed), (row, None), (None, subtask)):
        assert not TaskEvent.from_dynamodb_record(record(old, new)).starts_task


def test_a_change_shows_the_row_before_and_after() -> None:
    row = any_row(attributes={"note": [1, 2.5, None, True, {"a": "b"}]})
    changed = dataclasses.replace(row, status=Status.QUEUED)

    event = TaskEvent.from_dynamodb_record(record(row, changed))

    assert (event.old, event.new) == (row, changed)


def test_a_record_of_another_kind_of_row_is_no_task_event() -> None:
    with pytest.raises(ValueError, match="not a record of a task's row"):
        TaskEvent.from_dynamodb_record(record(None, any_batch()))


@given(KEYS)
def test_a_row_of_any_key_comes_through_the_stream(key: TaskKey) -> None:
    row = any_row(key=key)

    assert TaskEvent.from_dynamodb_record(record(None, row)).new == row


def test_events_are_read_from_text_too() -> None:
    row = any_row(key=any_key(), attributes={"price": 12.5})
    delivered = json.loads(json.dumps(record(None, row)))

    assert TaskEvent.from_dynamodb_record(delivered).new == row
