"""What the dispatcher emits for one row change: pure, without AWS and without a clock.

The table is the truth and the stream is its outbox, so whatever leaves the system does so because
of a change that is stored. A change may be delivered again; every reaction is harmless twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.actions import SUBTASK_STATUS, TASK_PROGRESS, TASK_STATUS
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.row_change import Change, Row
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import COUNT_NAMES, Status

DIRECT_HEAD_START_MS = 5_000  # for a submitter that runs further attempts itself, when they are due


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


@dataclass(frozen=True, slots=True)
class CountChild:
    """Add an ended child to its parent's tally, once."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class SettleParent:
    """End a task whose function returned and whose last open child has ended."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class CancelChildren:
    """Cancel what a cancelled task has started."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """Submit the callbacks of a task that has ended: its own and the stored mappings."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class ApplySchedule:
    """Bring EventBridge's schedule in line with the row."""

    row: ScheduleRow


Reaction = (
    SendMessage
    | StartExecution
    | StopExecution
    | CountBatch
    | CountChild
    | SettleParent
    | CancelChildren
    | RunCallbacks
    | ApplySchedule
    | Publish
    | RaiseAlarm
)


def reactions(change: Change) -> list[Reaction]:
    """Everything that this change causes outside the table."""
    old, new = change.old, change.new
    if isinstance(new, BatchRow):
        return _batch_reactions(old, new)
    if isinstance(new, ScheduleRow):
        return _schedule_reactions(old, new)
    if new is None or isinstance(old, BatchRow | ScheduleRow):
        return []
    moved = old is None or old.status is not new.status
    found = [*_work(new), *_endings(new)] if moved else []
    return [*found, *_tally_reactions(old, new), *_notifications(old, new)]


def _batch_reactions(old: Row | None, new: BatchRow) -> list[Reaction]:
    open_before = isinstance(old, BatchRow) and old.status is Status.STARTED
    return [CountBatch(new)] if open_before and new.status is Status.COMPLETED else []


def _schedule_reactions(old: Row | None, new: ScheduleRow) -> list[Reaction]:
    if isinstance(old, ScheduleRow) and _timing(old) == _timing(new):
        return []
    return [ApplySchedule(new)]


def _timing(row: ScheduleRow) -> tuple[str, str, str]:
    return (row.expression, row.timezone, row.state)


def _work(row: TaskRow) -> list[Reaction]:
    """What makes the task go on from the status it has just entered."""
    if row.key.index is not None:
        return []  # a subtask never starts a task: its batch has it
    if is_fan_out(row.key):
        if row.status is Status.CREATED:
            return [StartExecution(row)]
        return [StopExecution(row)] if row.status is Status.CANCELLED else []
    if row.status is Status.CREATED:
        # Who submitted a direct task runs it; the message comes after that one's lease.
        return [SendMessage(row, row.lease_until if row.direct else row.run_at)]
    if row.status is Status.ERRORED and row.direct and row.retry_at is not None:
        return [SendMessage(row, row.retry_at + DIRECT_HEAD_START_MS)]
    return [SendMessage(row, row.retry_at)] if row.status is Status.ERRORED else []


def _endings(row: TaskRow) -> list[Reaction]:
    """What follows from a final status, beside its notification."""
    if not row.ended or row.key.index is not None:
        return []
    found: list[Reaction] = [RunCallbacks(row)]
    if row.parent_run is not None:
        found.append(CountChild(row))
    if row.status is Status.CANCELLED and row.child_count and not is_fan_out(row.key):
        found.append(CancelChildren(row))
    return [*found, RaiseAlarm(row)] if row.status is Status.FAILED else found


def _tally_reactions(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """What a parent does when the last child that it waits for has been counted."""
    if new.key.index is not None:
        return []  # a subtask waits for nobody
    if is_awake(new) and not (old and is_awake(old)):
        return [SendMessage(new)]
    if is_settled(new) and not (old and is_settled(old)):
        return [SettleParent(new)]
    return []


def is_awake(row: TaskRow) -> bool:
    """Whether a suspended task may go on: all that it waits for has ended and been counted."""
    return row.status is Status.WAITING and (row.awaited_done or 0) >= (row.awaited_total or 0)


def is_settled(row: TaskRow) -> bool:
    """Whether a task that returned with open children has seen the last of them end."""
    if row.status is not Status.FINISHED or row.settlement is None:
        return False
    done = (row.children_completed, row.children_failed, row.children_cancelled)
    return sum(count or 0 for count in done) >= row.settlement["total"]


def _notifications(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """Status changes and progress, as the task's notify mode asks for them."""
    subtask = new.key.index is not None
    if new.notify == "none" or (subtask and new.notify != "each"):
        return []
    if old is None and not new.ended:
        return []  # the submitter knows that it is CREATED
    asked = new.notify_id is not None and (old is None or old.notify_id != new.notify_id)
    # A notification has the caller's id only if it is of the change that came with it.
    told = new if asked or new.notify_id is None else new.but(notify_id=None)
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
