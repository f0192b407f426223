"""Stores tasks that have a key to themselves, and passes keys on when their holders end.

Every step is decided by the rows as they are, and changes them only if they still are: so it does
not matter how often, how late or by whom a step is made. See docs/decisions/0051.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from taskmill.aws.dynamodb.flow_control.holders import HolderStore
from taskmill.aws.dynamodb.writes import Write
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Conflict, Throttled
from taskmill.model.flow_control.conflicts import (
    Existing,
    PassOn,
    Queue,
    Refill,
    Reject,
    Standing,
    Take,
    step,
)
from taskmill.model.flow_control.holds import DEBOUNCED, Holder, HoldId, holds
from taskmill.model.flow_control.uniqueness import Debounce
from taskmill.model.rows.task_row import TaskRow

_TRIES = 50  # each is refused only because another submit of the key, or its end, went through


@dataclass(frozen=True, kw_only=True)
class OneAtATime:
    """Submits of tasks with a key, retries of them, and their ends."""

    holders: HolderStore
    clock: Clock = now_ms

    def put(self, row: TaskRow, *, on_conflict: str) -> TaskRow:
        """Store a new task whose `unique` names a key, unless another one stands for it.

        Without a conflict that is one transaction of two rows: 4 write units.

        Args:
            on_conflict: As `Unique` has it, or `CANCEL`.

        Returns:
            The row as it is stored, or that of the task that stands for it.

        Raises:
            Conflict: Another task has the key; `details` has its code as `holder`.
            TaskExists: A task with this key of a task exists.
        """
        hold = _hold_of(row)
        seen: Holder | None = None
        for _ in range(_TRIES):
            stored = self._stored(row, on_conflict, hold, seen)
            if stored is not None:
                return stored
            seen = self.holders.get(hold)
        raise Throttled(f"the key {hold.key!r} keeps changing")

    def put_debounced(self, row: TaskRow, asked: Debounce) -> TaskRow:
        """Store a new task that starts later, or put off the one of its key that has not begun.

        Putting it off takes a read and a write unit, and no message.

        Args:
            row: Starts when `asked` says, if it is the first of its key.

        Returns:
            The task that stands, which has the input of `row`.

        Raises:
            TaskExists: A task with this key of a task exists.
        """
        hold = _hold_of(row)
        for _ in range(_TRIES):
            seen = self.holders.get(hold)
            if seen is not None and (bumped := self._bumped(hold, seen, row, asked)):
                return bumped
            if self.holders.take(hold, row, seen):
                return row
        raise Throttled(f"the key {hold.key!r} keeps changing")

    def reopen(self, before: TaskRow, write: Write) -> bool:
        """Start a task that has ended again, and give it its key anew.

        Args:
            before: As it was read.
            write: The change of its row.

        Returns:
            False if nothing was changed: the row is not as the write demands.

        Raises:
            Conflict: Another task has the key.
        """
        hold = _hold_of(before)
        for _ in range(_TRIES):
            seen = self.holders.get(hold)
            if seen is not None and seen.task != before.key.code:
                holding, waiting = self.holders.tasks_of(hold, seen)
                if holding is not None and holds(hold, holding):
                    raise _conflict(hold, holding)
                if seen.waits is not None:
                    self.holders.pass_on(hold, seen, waiting)
                    continue
            if self.holders.reopen(hold, before, write, seen):
                return True
            if self.holders.get(hold) == seen:
                return False
        raise Throttled(f"the key {hold.key!r} keeps changing")

    def free(self, row: TaskRow) -> None:
        """Free the key of a task that has ended, or pass it on to the one that waits for it.

        Late or repeated, it finds the key held by another task, or in another run, and leaves it.
        """
        hold = HoldId.of(row)
        left = self.holders.free(hold, row) if hold else None
        while hold is not None and left is not None:
            if (left.task, left.run) == (row.key.code, row.run):
                _, waiting = self.holders.tasks_of(hold, left)
                done = self.holders.pass_on(hold, left, waiting)
            elif left.waits == row.key.code:
                done = self.holders.change(hold, left, replace(left, waits=None))
            else:
                return
            left = None if done else self.holders.get(hold)

    def wake(self, row: TaskRow) -> bool:
        """Give a task that waits for a key that key, if its holder has ended; for the sweep.

        Returns:
            False, with nothing changed: it waits rightly, or is not the next one.
        """
        hold = HoldId.of(row)
        seen = self.holders.get(hold) if hold else None
        if hold is None or seen is None or seen.waits != row.key.code:
            return False
        holding, waiting = self.holders.tasks_of(hold, seen)
        return not holds(hold, holding) and self.holders.pass_on(hold, seen, waiting)

    def _stored(
        self, row: TaskRow, on_conflict: str, hold: HoldId, seen: Holder | None
    ) -> TaskRow | None:
        """Try to store a task; None: others have changed what was seen."""
        holding, waiting = self.holders.tasks_of(hold, seen) if seen else (None, None)
        match step(on_conflict, hold, row, Standing(seen, holding, waiting)):
            case Take(cancels=cancels, begun=begun):
                done = self.holders.take(hold, row, seen, cancels=cancels, begun=begun)
                return row if done else None
            case Queue() if seen is not None:
                return self.holders.queue(hold, row, seen)
            case PassOn() if seen is not None:
                self.holders.pass_on(hold, seen, waiting)
            case Refill(row=stored, with_limits=with_limits):
                return self.holders.refill(stored, row, with_limits=with_limits)
            case Existing(row=stored):
                return stored
            case Reject(row=stored):
                raise _conflict(hold, stored)
        return None

    def _bumped(self, hold: HoldId, seen: Holder, row: TaskRow, asked: Debounce) -> TaskRow | None:
        """The task of the key that has not begun, put off; None: it has begun, or is about to."""
        now = self.clock()
        due = asked.due(seen.since or now, now)
        stored = row.but(key=hold.task(seen.task), run=seen.run)
        for _ in range(2):
            new = starting(row, due)
            bumped, known = self.holders.put_off(stored, new, now=now)
            if bumped is not None or known <= due:
                return bumped
            due = known  # its message comes then: it does not start earlier than it would have
        return None


def starting(row: TaskRow, due: int) -> TaskRow:
    """The row of a new task that starts at another time, with its expiry and deadline."""
    later = due - (row.run_at or due)
    return row.but(
        run_at=due,
        expires_at=row.expires_at and row.expires_at + later,
        deadline_at=row.deadline_at and row.deadline_at + later,
    )


def holds_on_retry(row: TaskRow) -> bool:
    """Whether a task that is started again has to get its key anew."""
    hold = HoldId.of(row)
    return hold is not None and hold.kind != DEBOUNCED


def _hold_of(row: TaskRow) -> HoldId:
    hold = HoldId.of(row)
    if hold is None:
        raise ValueError(f"{row.key} has no key to itself")
    return hold


def _conflict(hold: HoldId, holding: TaskRow) -> Conflict:
    return Conflict(
        f"{holding.key.label}, which is {holding.status}, has the key {hold.key!r} to itself",
        field="unique",
        holder=holding.key.code,
        status=str(holding.status),
    )
