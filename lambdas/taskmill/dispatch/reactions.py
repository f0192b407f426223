"""Reactions: what the dispatcher emits for one row change. Pure functions, no AWS, no clock.

The table is the source of truth and its stream the outbox: messages, notifications and so on are
emitted only for a stored change. A change may be delivered again, so all reactions are idempotent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.actions import SUBTASK_STATUS, TASK_PROGRESS, TASK_STATUS
from taskmill.model.flow_control.admission import gives_back
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.limit_row import LimitRow
from taskmill.model.rows.row_change import Change, Row
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import COUNT_NAMES, Status
from taskmill.model.time_bounds import parked_until

# With `execute_now` the submitter itself runs a retry when it is due: a worker comes 5 s later.
DIRECT_HEAD_START_MS = 5_000


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Send the task's message to its work queue, visible from `due` on (epoch ms; None: now)."""

    row: TaskRow
    due: int | None = None


@dataclass(frozen=True, slots=True)
class TakeUnits:
    """Take units of the task's rate limits, and send its message for when it may start."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class StartExecution:
    """Start the state machine execution of a fan-out."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class Admit:
    """Get a new task slots at its gates, and get it run; or park it.

    One that has its slots already, because others passed them on, is only got to run.
    """

    row: TaskRow


@dataclass(frozen=True, slots=True)
class Release:
    """Take the slots from a task that may not keep them, for those that wait."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class LeaveGate:
    """Delete the waiter row of a task that ended while it was PARKED; look who is next."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class OpenGate:
    """Let those that wait at a gate have the slots that are free.

    Attributes:
        every_key: Also at the gates of every key of the limit's name.
        after: With `every_key`: the last key of which that was done, some deliveries ago.
        version: Of the limit's row, with `every_key`.
    """

    gate: LimitId
    every_key: bool = False
    after: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class StopExecution:
    """Stop the execution of a cancelled fan-out."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class CountBatch:
    """Add what a batch has come to, since it was told last, to its parent's counts."""

    batch: BatchRow


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish the state of a task on the status topic.

    Attributes:
        action: The kind of notification: `TASK_STATUS`, `SUBTASK_STATUS` or `TASK_PROGRESS`.
    """

    row: TaskRow
    action: str


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Publish on the alarm topic that a task failed."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class CountChild:
    """Add an ended child to its parent's tally, once."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class SettleParent:
    """End a FINISHED task: its function returned before, now its last open child has ended."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class CancelChildren:
    """Cancel the children of a cancelled task."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class FreeKey:
    """Free the key that a task had to itself, or pass it on to the task that waits for it."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """Submit the callbacks of a task that has ended: its own and the stored mappings."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class ApplySchedule:
    """Create, update or delete the EventBridge schedule of a schedule row."""

    row: ScheduleRow


Reaction = (
    SendMessage
    | TakeUnits
    | StartExecution
    | Admit
    | Release
    | LeaveGate
    | OpenGate
    | StopExecution
    | CountBatch
    | CountChild
    | SettleParent
    | CancelChildren
    | FreeKey
    | RunCallbacks
    | ApplySchedule
    | Publish
    | RaiseAlarm
)


def reactions(change: Change) -> list[Reaction]:
    """All reactions to one row change."""
    old, new = change.old, change.new
    if isinstance(new, BatchRow):
        return _batch_reactions(old, new)
    if isinstance(new, ScheduleRow):
        return _schedule_reactions(old, new)
    if isinstance(new, LimitRow):
        gate = LimitId(new.tenant, new.name, new.key or "")
        if new.key is not None:
            return [OpenGate(gate)]
        return [OpenGate(gate, every_key=True, after=new.opened_to, version=new.version)]
    if new is None or isinstance(old, BatchRow | ScheduleRow | LimitRow):
        return []
    moved = old is None or old.status is not new.status
    found = [*_work(new), *_endings(new)] if moved else []
    return [
        *found,
        *_gate_reactions(old, new),
        *_tally_reactions(old, new),
        *_notifications(old, new),
    ]


def _batch_reactions(old: Row | None, new: BatchRow) -> list[Reaction]:
    told = isinstance(old, BatchRow) and old.counts == new.counts and old.status is new.status
    counts = new.status in (Status.STARTED, Status.COMPLETED) and not new.counted
    return [CountBatch(new)] if counts and new.tell and new.untold and not told else []


def _schedule_reactions(old: Row | None, new: ScheduleRow) -> list[Reaction]:
    if isinstance(old, ScheduleRow) and _timing(old) == _timing(new):
        return []
    return [ApplySchedule(new)]


def _timing(row: ScheduleRow) -> tuple[str, str, str]:
    return (row.expression, row.timezone, row.state)


def _work(row: TaskRow) -> list[Reaction]:
    """The reactions that get a task in its new status run, started or stopped."""
    if row.key.index is not None:
        return []  # subtasks are run by their batch
    if row.gates and row.status is Status.CREATED:
        return [Admit(row)]
    return _execution(row) if is_fan_out(row.key) else _messages(row)


def _messages(row: TaskRow) -> list[Reaction]:
    """The message of a single task in its new status, which may be due later."""
    if row.status is Status.CREATED:
        return [_start(row)]
    if row.status is Status.ERRORED:
        head_start = DIRECT_HEAD_START_MS if row.direct else 0
        return [SendMessage(row, row.retry_at and row.retry_at + head_start)]
    # One that waits for its children, or for a slot, is ended by a worker that a message comes to.
    until = parked_until(row) if row.status is Status.PARKED else None
    until = row.deadline_at if _waits_for_children(row) else until
    return [] if until is None else [SendMessage(row, until)]


def _gate_reactions(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """What a task's new status, or its new place, means for the gates that it is subject to."""
    moved = old is None or old.status is not new.status
    found: list[Reaction] = [Release(new)] if moved and gives_back(new) else []
    if new.gate is None or not (moved or (old and old.gate != new.gate)):
        return found
    # Who parks writes that first; whether there is room after all, is looked at second: here.
    parked = new.status is Status.PARKED
    return [*found, OpenGate(LimitId.from_text(new.gate)) if parked else LeaveGate(new)]


def _execution(row: TaskRow) -> list[Reaction]:
    if row.status is Status.CREATED:
        return [StartExecution(row)]
    return [StopExecution(row)] if row.status is Status.CANCELLED else []


def _start(row: TaskRow) -> Reaction:
    """What gets a new task to a worker."""
    if row.rates and not (row.run_at or row.direct):  # a later one takes units when it is due
        return TakeUnits(row)
    # A direct task is run by its submitter: the message is delayed until that lease expires.
    return SendMessage(row, row.lease_until if row.direct else row.run_at)


def _endings(row: TaskRow) -> list[Reaction]:
    """The reactions to a final status, except its notification."""
    if not row.ended or row.key.index is not None:
        return []
    found: list[Reaction] = [RunCallbacks(row)]
    if row.unique is not None:
        found.append(FreeKey(row))
    if row.parent_run is not None and not row.counted:
        found.append(CountChild(row))
    if row.status is Status.CANCELLED and row.child_count and not is_fan_out(row.key):
        found.append(CancelChildren(row))
    return [*found, RaiseAlarm(row)] if row.status is Status.FAILED else found


def _tally_reactions(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """The reaction of a parent row to the count of its last child: resume or end the task."""
    if new.key.index is not None or is_fan_out(new.key):
        return []  # these have no children, and are never suspended
    if new.is_awake and not (old and old.is_awake):
        return [SendMessage(new)]
    if is_settled(new) and not (old and is_settled(old)):
        return [SettleParent(new)]
    return []


def is_settled(row: TaskRow) -> bool:
    """Whether all children of a FINISHED task have ended and are counted."""
    if row.status is not Status.FINISHED or row.settlement is None:
        return False
    done = (row.children_completed, row.children_failed, row.children_cancelled)
    return sum(count or 0 for count in done) >= row.settlement["total"]


def _waits_for_children(row: TaskRow) -> bool:
    suspended = row.status is Status.WAITING and not row.is_awake
    return suspended or (row.status is Status.FINISHED and not is_settled(row))


def _notifications(old: TaskRow | None, new: TaskRow) -> list[Reaction]:
    """The notification about a status or progress change, if the task's notify mode wants one."""
    subtask = new.key.index is not None
    if new.notify == "none" or (subtask and new.notify != "each"):
        return []
    if subtask and new.status is Status.CREATED:
        return []
    if old is None and not (subtask or new.ended):
        return []  # the submitter knows that the task was created
    asked = new.notify_id is not None and (old is None or old.notify_id != new.notify_id)
    # Only the notification about the caller's own change carries the caller's id.
    shown = new if asked or new.notify_id is None else new.but(notify_id=None)
    if old is None or old.status is not new.status or asked:
        return [Publish(shown, SUBTASK_STATUS if subtask else TASK_STATUS)]
    return [Publish(shown, TASK_PROGRESS)] if progress_percent(old) != progress_percent(new) else []


def progress_percent(row: TaskRow) -> int | None:
    """Progress in whole percent: of a fan-out from its counts, else as reported; None: unknown."""
    counts: Mapping[str, Any] = row.attributes.get("counts") or {}
    if counts.get("total"):
        done = sum(counts.get(name, 0) for name in COUNT_NAMES)
        return int(100 * done / counts["total"])
    try:  # callers may report any JSON as progress
        progress = row.attributes["progress"]
        return int(100 * progress["done"] / progress["total"])
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
