"""Events for `@event_handler` functions, parsed from SQS, Step Functions and DynamoDB Streams."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from taskmill.model.errors import InvalidKey, UnreadableMessage
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.row_change import Change, readable_row, row_from_values
from taskmill.model.rows.task_row import TaskRow

if TYPE_CHECKING:
    from taskmill.functions.context import TaskContext


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskQueueEvent:
    """A single task, received by a worker.

    `input` is its JSON value; `input` and `context` are None until the task is claimed.
    `input_given` tells a null from an input that the caller left out.
    """

    key: TaskKey
    input: Any = None
    context: TaskContext | None = None
    input_given: bool = False

    @classmethod
    def from_sqs_record(cls, record: Mapping[str, Any]) -> Self:
        """Parse a record of the work queue, whose body is the task's key.

        Raises:
            UnreadableMessage: The body is not a task's key.
        """
        return cls(key=key_from_body(record["body"]))

    @property
    def task_type(self) -> str:
        return self.key.type


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFunctionTaskEvent:
    """A subtask, received by a worker. `input` is its element of the parent's input array."""

    key: TaskKey
    input: Any = None
    context: TaskContext | None = None
    input_given: bool = True

    @classmethod
    def from_state_machine_input(cls, payload: Mapping[str, Any]) -> Self:
        """Parse the input of a state: the parent's key and, for a subtask, its `index`."""
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
    """A change of the row of a task, step function task or subtask.

    `event_name` is INSERT, MODIFY or REMOVE; `old` is None for the first, `new` for the last.
    """

    key: TaskKey
    event_name: str
    old: TaskRow | None
    new: TaskRow | None

    @classmethod
    def from_dynamodb_record(cls, record: Mapping[str, Any]) -> Self:
        """Parse a record of the table's stream.

        Raises:
            ValueError: The record is about another kind of row.
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
        """Whether a task or step function task was submitted: an insert, but not of a subtask."""
        return self.event_name == "INSERT" and self.key.index is None


def change_from_record(record: Mapping[str, Any]) -> Change:
    """Parse a record of the table's stream. A row that was unreadable before counts as new.

    Raises:
        UnreadableRow: The row cannot be read as it is now.
    """
    # Imported here, so that a process that only submits does not import the store.
    from taskmill.aws.dynamodb.codec import decode_row

    images = record["dynamodb"]
    old, new = (images.get(name) for name in ("OldImage", "NewImage"))
    return Change(
        old=readable_row(decode_row(old)) if old else None,
        new=row_from_values(decode_row(new)) if new else None,
    )


def key_from_body(body: str) -> TaskKey:
    """Parse the key in a message's body.

    Raises:
        UnreadableMessage: The body is not a task's key.
    """
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise UnreadableMessage("the message is not a task's key", field="body")
    try:
        return TaskKey.of(parsed)
    except InvalidKey as wrong:
        raise UnreadableMessage(str(wrong), field="body") from None


def task_in_body(body: str) -> TaskKey:
    """As `key_from_body`, for a work queue: only single tasks have messages there.

    Raises:
        UnreadableMessage: The body is not the key of a single task.
    """
    key = key_from_body(body)
    if key.kind is not Kind.TASK or key.index is not None:
        raise UnreadableMessage(f"{key} is no single task: it has no messages", field="body")
    return key
