"""Tells people about callbacks that are not submitted: in the rows concerned, and by an alarm."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sns import Topic, alarm_notification
from taskmill.model.error_details import describe_error
from taskmill.model.errors import (
    CallbackBudgetSpent,
    IllegalStatusChange,
    InvalidKey,
    TaskmillError,
    TaskNotFound,
    TooDeep,
)
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow

NOTE = "callbacksRefused"  # the attribute of a row
_TYPES_SHOWN = 10
_OF_THE_ROOT = (CallbackBudgetSpent, TooDeep)  # one submitted task may cause thousands of these


class AlarmRefused(RuntimeError):
    """The alarm topic refused an alarm."""


@dataclass(frozen=True, kw_only=True)
class CallbackRefusals:
    """Notes refused callbacks on the task that asked for them, and raises an alarm.

    Callbacks that map types onto each other are refused in thousands of tasks at the same time:
    each of these tasks has its note, but only the first refusal below a root raises an alarm. The
    root has the note of that one. Nothing of this happens while callbacks are accepted.
    """

    tasks: TaskStore
    alarm_topic: Topic
    logger: Any

    def tell_spent(self, source: TaskRow, refused: Sequence[str], *, budget: int) -> None:
        """Tell that the callback budget does not suffice for these types."""
        error = CallbackBudgetSpent(
            f"{len(refused)} of the callbacks of {source.key} are not submitted"
            f" ({_shown(refused)}): one submitted task may cause {budget:,} callbacks, and"
            f" {source.root or source.key} has no more for this one. Do they submit each other?"
        )
        self.tell(source, refused, error)

    def tell(self, source: TaskRow, refused: Sequence[str], error: TaskmillError) -> None:
        """Tell why callbacks of these types are not submitted.

        Raises:
            AlarmRefused: The alarm topic did not accept the alarm.
        """
        self.logger.error("callbacks refused", key=str(source.key), error=error.message)
        note = {
            "task": str(source.key),
            "count": len(refused),
            "types": list(refused[:_TYPES_SHOWN]),
            "reason": error.message,
        }
        root = self._root(source) if isinstance(error, _OF_THE_ROOT) else None
        if root is None or NOTE not in root.attributes:
            self._alarm(source, error)
        self._note(source, note)
        if root is not None and NOTE not in root.attributes:
            self._note(root, note)

    def _root(self, source: TaskRow) -> TaskRow | None:
        """The row of the root; None if the source is it, or if it has expired."""
        if source.root is None:
            return None
        with suppress(TaskNotFound, InvalidKey):
            return self.tasks.get(TaskKey.from_text(source.root))
        return None

    def _note(self, row: TaskRow, note: Mapping[str, Any]) -> None:
        """Write the note; nothing if it is there already, or if the task has been retried."""
        with suppress(TaskNotFound, IllegalStatusChange):
            self.tasks.note(row.key, NOTE, note, run=row.run)

    def _alarm(self, source: TaskRow, error: TaskmillError) -> None:
        # An id of its own: the alarm that the task failed has the id without `#callbacks`.
        subject = dataclasses.replace(
            source, notify_id=f"{source.key.sk}@{source.version}#callbacks"
        )
        notification = alarm_notification(
            subject, table=self.tasks.table.name, error_details=describe_error(error)
        )
        if not all(self.alarm_topic.publish([notification])):
            raise AlarmRefused(f"no alarm about the callbacks of {source.key}")


def _shown(types: Sequence[str]) -> str:
    more = len(types) - _TYPES_SHOWN
    return ", ".join(types[:_TYPES_SHOWN]) + (f" and {more} more" if more > 0 else "")
