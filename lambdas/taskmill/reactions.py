"""What the dispatcher emits for one row change: pure, without AWS and without a clock.

The table is the truth and the stream is its outbox, so whatever leaves the system does so because
of a change that is stored. A change may be delivered again; every reaction is harmless twice.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.rows import BatchRow, Change, TaskRow, is_fan_out
from taskmill.statuses import COUNT_NAMES, Status

TASK_STATUS = "task-status"
SUBTASK_STATUS = "sub-task-status"
TASK_PROGRESS = "task-progress"
ALARM = "sfn-alarm"


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Put the task on the work queue, to be received not before `due` (epoch ms; None: now)."""

    row: TaskRow
    due: int | None = None


@dataclass(frozen=True, slots=True)
class StartExecution:
    """Start the fan-out's execution under its deterministic name."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class StopExecution:
    """Stop the execution of a cancelled fan-out."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class CountBatch:
    """Add a closed batch to its parent's counts, once."""

    batch: BatchRow


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell the status topic how a task stands."""

    row: TaskRow
    action: str


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Tell the alarm topic that a task failed."""

    row: TaskRow


Reaction = SendMessage | StartExecution | StopExecution | CountBatch | Publish | RaiseAlarm


def reactions(change: Change) -> list[Reaction]:
    """Everything that this change causes outside the table."""
    old, new = change.old, change.new
    if isinstance(new, BatchRow):
        return _batch_reactions(old, new)
    if new is None or isinstance(old, BatchRow):
        return []
    moved = old is None or old.status is not new.status
    found = [*_work(new), *_alarms(new)] if moved else []
    return [*found, *_notifications(old, new)]


def _batch_reactions(old: TaskRow | BatchRow | None, new: BatchRow) -> list[Reaction]:
    before = old.status if isinstance(old, BatchRow) else None
    closed = new.status is Status.COMPLETED and before is not Status.COMPLETED
    return [CountBatch(new)] if closed else []


def _work(row: TaskRow) -> list[Reaction]:
    """What makes the task go on from the status it has just entered."""
    if row.key.index is not None:
        return []  # a subtask never starts a task: its batch has it
    if is_fan_out(row.key):
        if row.status is Status.CREATED:
            return [StartExecution(row)]
        return [StopExecution(row)] if row.status is Status.CANCELLED else []
    if row.status is Status.CREATED:
        return [SendMessage(row, row.run_at)]
    return [SendMessage(row, row.retry_at)] if row.status is Status.ERRORED else []


def _alarms(row: TaskRow) -> list[Reaction]:
    failed = row.status is Status.FAILED and row.key.index is None
    return [RaiseAlarm(row)] if failed else []


def _notifications(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """Status changes and progress, as the task's notify mode asks for them."""
    subtask = new.key.index is not None
    if new.notify == "none" or (subtask and new.notify != "each"):
        return []
    if old is None and not new.ended:
        return []  # the submitter knows that it is CREATED
    asked = new.notify_id is not None and (old is None or old.notify_id != new.notify_id)
    # A notification has the caller's id only if it is of the change that came with it.
    told = new if asked else dataclasses.replace(new, notify_id=None)
    if old is None or old.status is not new.status or asked:
        return [Publish(told, SUBTASK_STATUS if subtask else TASK_STATUS)]
    return [Publish(told, TASK_PROGRESS)] if progress_percent(old) != progress_percent(new) else []


def progress_percent(row: TaskRow) -> int | None:
    """Whole percent done, of a fan-out by its counts, else as last reported; None: unknown."""
    counts: Mapping[str, Any] = row.attributes.get("counts") or {}
    if counts.get("total"):
        done = sum(counts.get(name, 0) for name in COUNT_NAMES)
        return int(100 * done / counts["total"])
    try:  # callers may put anything there
        progress = row.attributes["progress"]
        return int(100 * progress["done"] / progress["total"])
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
