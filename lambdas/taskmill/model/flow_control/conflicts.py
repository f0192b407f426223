"""What becomes of a submit whose key is held by another task. Pure functions, no AWS, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.model.flow_control.holds import Holder, HoldId, holds
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

CANCEL = "cancel"  # besides those of `Unique`: cancel the holder, whether it has begun or not


@dataclass(frozen=True, slots=True)
class Take:
    """Store the task, and give it the key.

    Attributes:
        cancels: The holder, which is cancelled with that.
        begun: Also if it has begun.
    """

    cancels: TaskRow | None = None
    begun: bool = False


@dataclass(frozen=True, slots=True)
class PassOn:
    """The holder has ended: who waits gets the key. Then look again."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Store the task as the one that gets the key next."""


@dataclass(frozen=True, slots=True)
class Refill:
    """Store nothing: give this task the new input; with limits, as it waits for the key only."""

    row: TaskRow
    with_limits: bool


@dataclass(frozen=True, slots=True)
class Existing:
    """Store nothing: this task stands for it."""

    row: TaskRow


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse the submit: this task has the key."""

    row: TaskRow


Step = Take | PassOn | Queue | Refill | Existing | Reject


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key is held, as it was read.

    Attributes:
        seen: Who holds it; None: nobody, or it was not read yet.
        holding: The task that holds it.
        waiting: The task that gets it next.
    """

    seen: Holder | None = None
    holding: TaskRow | None = None
    waiting: TaskRow | None = None


def step(on_conflict: str, hold: HoldId, new: TaskRow, standing: Standing) -> Step:
    """What to try next for a submit.

    Args:
        on_conflict: As `Unique` has it, or `CANCEL`.
        new: The task to store.
    """
    seen, holding = standing.seen, standing.holding
    if seen is None:
        return Take()
    if holding is None or not holds(hold, holding):
        return Take() if seen.waits is None else PassOn()
    if on_conflict == "existing":
        return Existing(holding)
    if on_conflict == CANCEL:
        return Take(cancels=holding, begun=True)
    if on_conflict == "coalesce":
        return _coalesced(new, holding, standing.waiting)
    begun = holding.has_begun
    return Take(cancels=holding) if on_conflict == "replace" and not begun else Reject(holding)


def _coalesced(new: TaskRow, holding: TaskRow, waiting: TaskRow | None) -> Step:
    if not holding.has_begun:
        same = (new.gates, new.rates) == (holding.gates, holding.rates)
        return Refill(holding, with_limits=False) if same else Take(cancels=holding)
    if waiting is not None and waiting.status is Status.PARKED:
        return Refill(waiting, with_limits=True)
    return Queue()
