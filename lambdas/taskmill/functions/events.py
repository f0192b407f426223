"""The events that task code handles, and how each is read from what AWS delivers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import TaskKey
from taskmill.model.rows.row_change import Change, row_from_values
from taskmill.model.rows.task_row import TaskRow

if TYPE_CHECKING:
    from taskmill.functions.context import TaskContext


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueueEvent:
    """A task has reached a worker. `input` is its JSON value; both are None before the claim."""

    key: TaskKey
    input: Any = None
    context: TaskContext | None = None

    @classmethod
    def from_sqs_record(cls, record: Mapping[str, Any]) -> Self:
        """From a record of the work queue, whose body holds the task's key.

        Raises:
            InvalidKey: The body is no task's key.
        """
        return cls(key=key_from_body(record["body"]))

    @property
    def task_type(self) -> str:
        return self.key.type


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunctionTaskEvent:
    """A subtask has reached a worker. `input` is its element of the parent's array."""

    key: TaskKey
    input: Any = None
    context: TaskContext | None = None

    @classmethod
    def from_state_machine_input(cls, payload: Mapping[str, Any]) -> Self:
        """From what the state machine passes to its functions: the parent's key, and an index."""
        key = TaskKey.of(payload)
        return cls(key=key if "index" not in payload else key.subtask(payload["index"]))

    @property
    def task_type(self) -> str:
        return self.key.type

    @property
    def parent(self) -> TaskKey:
        return self.key.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """A task's row changed."""

    key: TaskKey
    event_name: str
    old: TaskRow | None
    new: TaskRow | None

    @classmethod
    def from_dynamodb_record(cls, record: Mapping[str, Any]) -> Self:
        """From a stream record of a task, step function task or subtask.

        Raises:
            ValueError: The record is of another kind of row.
        """
        change = change_from_record(record)
        old = change.old if isinstance(change.old, TaskRow) else None
        new = change.new if isinstance(change.new, TaskRow) else None
        row = new or old
        if row is None:
            raise ValueError("not a record of a task's row")
        return cls(key=row.key, event_name=record["eventName"], old=old, new=new)

    @property
    def starts_task(self) -> bool:
        """Whether it begins work: an insert, and not of a subtask."""
        return self.event_name == "INSERT" and self.key.index is None


def change_from_record(record: Mapping[str, Any]) -> Change:
    """The row change that a stream record tells of."""
    # Here, because it brings the store, which a process that only submits can do without.
    from taskmill.aws.dynamodb.codec import decode_item

    images = record["dynamodb"]
    old, new = (images.get(name) for name in ("OldImage", "NewImage"))
    return Change(
        old=row_from_values(decode_item(old)) if old else None,
        new=row_from_values(decode_item(new)) if new else None,
    )


def key_from_body(body: str) -> TaskKey:
    """The key in a message's body.

    Raises:
        InvalidKey: The body is no task's key.
    """
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise InvalidKey("the message is not a task's key", field="body")
    return TaskKey.of(parsed)
