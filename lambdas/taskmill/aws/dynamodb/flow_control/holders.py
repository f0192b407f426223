"""Holders of keys in the table: who has a key, who gets it next, and tasks that take turns.

Each change of a hold's row demands that it is as it was seen. What a task does with its key and
what the hold's row says of it are one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION, ConditionFailed
from taskmill.aws.dynamodb.table import PUT_NEW, PUT_OVER_TOMBSTONE, Table
from taskmill.aws.dynamodb.writes import Write, ending
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import TaskExists
from taskmill.model.flow_control.holds import BY_SCHEDULE, Holder, HoldId
from taskmill.model.rows.history import Actor
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import OPEN, UNBEGUN, Status

Action = Mapping[str, Any]
REPLACED = Actor.of(None, "replaced by a newer task of its key")
_BEFORE_DUE = (Status.CREATED, Status.SCHEDULED)


class HolderStore:
    """Store of holds. Methods that change something return whether they did."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self._retention_days = retention_days
        self._clock = clock

    def get(self, hold: HoldId) -> Holder | None:
        """Who holds the key, read strongly consistently; None: nobody."""
        return Holder.of(self.table.get(hold.stored))

    def tasks_of(self, hold: HoldId, holder: Holder) -> list[TaskRow | None]:
        """The task that holds the key, and the one that waits for it; None: there is none."""
        codes = [holder.task] if holder.waits is None else [holder.task, holder.waits]
        keys = [hold.task(code).stored for code in codes]
        found = [self.table.get(keys[0])] if len(keys) == 1 else self.table.get_many(keys)
        rows = [TaskRow.from_values(each) if each else None for each in found]
        return [*rows, None][:2]

    def take(
        self,
        hold: HoldId,
        row: TaskRow,
        seen: Holder | None,
        *,
        cancels: TaskRow | None = None,
        begun: bool = False,
    ) -> bool:
        """Store a new task, and give it the key, if that is held as it was seen.

        Who waits for the key goes on waiting.

        Args:
            cancels: The task that had the key: it is cancelled, if it has not begun.
            begun: Cancel it also if it has.

        Raises:
            TaskExists: A task with this key of a task exists.
        """
        waits = seen.waits if seen else None
        mine = Holder(task=row.key.code, run=row.run, waits=waits, since=row.created_at)
        actions = [self._put(row), self._changed(hold, seen, mine)]
        if cancels is not None:
            actions.append(self._cancelled(cancels, begun=begun))
        return self._inserted(row, actions)

    def queue(self, hold: HoldId, row: TaskRow, seen: Holder) -> TaskRow | None:
        """Store a new task as the one that gets the key next, PARKED. Raises as `take` does.

        Returns:
            The row as it is stored; None if nothing was.
        """
        entered = (Status.PARKED, self._clock(), 0)
        waiting = row.but(status=Status.PARKED, history=(*row.history, entered))
        actions = [self._put(waiting), self._changed(hold, seen, replace(seen, waits=row.key.code))]
        return waiting if self._inserted(row, actions) else None

    def pass_on(self, hold: HoldId, seen: Holder, waiting: TaskRow | None) -> bool:
        """Take the key from a holder that has ended; who waits for it gets it.

        Args:
            waiting: Its row; if it waits no longer, nobody holds the key.
        """
        if waiting is None or waiting.status is not Status.PARKED:
            return self.change(hold, seen, None)
        holder = Holder(task=waiting.key.code, run=waiting.run, since=waiting.created_at)
        actions = [self._changed(hold, seen, holder), self._unparked(waiting)]
        return not self.table.transact(actions)

    def reopen(self, hold: HoldId, row: TaskRow, write: Write, seen: Holder | None) -> bool:
        """Start a task again that has ended, with its key, if that is held as it was seen."""
        waits = seen.waits if seen else None
        mine = Holder(task=row.key.code, run=row.run + 1, waits=waits, since=self._clock())
        again = write.request(self._clock()).action(self.table, row.key.stored)
        return not self.table.transact([again, self._changed(hold, seen, mine)])

    def refill(self, stored: TaskRow, new: TaskRow, *, with_limits: bool) -> TaskRow | None:
        """Give a task that has not begun the input of a new one.

        Its version stays, as nothing that others decide depends on this.

        Args:
            with_limits: Give it the limits, too; condition: it waits for its key only.

        Returns:
            The task; None if it is not as it was read.
        """
        request = self._refilling(stored, new, with_limits=with_limits)
        request.require_status(sorted(UNBEGUN))
        try:
            return TaskRow.from_values(request.send(self.table, stored.key.stored))
        except ConditionFailed:
            return None

    def put_off(self, stored: TaskRow, new: TaskRow, *, now: int) -> tuple[TaskRow | None, int]:
        """Give a task that is not due yet the input, the limits and the times of a new one.

        Args:
            stored: Of it, the key, the run and `unique` count.
            new: Starts at the same time, or later.
            now: Epoch ms.

        Returns:
            The task; None if it is due, or has begun. And when it starts, in epoch ms, if that is
            later than `new` does; else 0.
        """
        due = new.run_at or 0
        request = self._refilling(stored, new, with_limits=True)
        _set(request, runAt=due, expiresAt=new.expires_at, deadlineAt=new.deadline_at)
        request.require_status(_BEFORE_DUE)
        request.require_between("runAt", now + 1, due)
        try:
            return TaskRow.from_values(request.send(self.table, stored.key.stored)), 0
        except ConditionFailed as refused:
            old = refused.old or {}
            later = old.get("status") in _BEFORE_DUE and old.get("runAt", 0) > due
            return None, int(old["runAt"]) if later else 0

    def _refilling(self, stored: TaskRow, new: TaskRow, *, with_limits: bool) -> UpdateRequest:
        request = UpdateRequest()
        _set(request, updatedAt=self._clock(), input=new.input, inputRef=new.input_ref)
        if with_limits:
            _set(request, gates=new.gates or None, rates=new.rates or None)
            request.refuse_any("slots")
            request.refuse_any("gate")
        for name, value in {"attempts": 0, "run": stored.run, "unique": stored.unique}.items():
            request.require(name, value)
        request.refuse_any("fence")
        return request

    def free(self, hold: HoldId, row: TaskRow) -> Holder | None:
        """Free the key of a task that has ended, if that holds it in this run and nobody waits.

        Returns:
            How the key is held, if it has not been freed.
        """
        try:
            self._written(hold, Holder(task=row.key.code, run=row.run), None)
        except ConditionFailed as refused:
            return Holder.of(refused.old)
        return None

    def change(self, hold: HoldId, seen: Holder, new: Holder | None) -> bool:
        """Change the row of a hold alone, or delete it."""
        try:
            self._written(hold, seen, new)
        except ConditionFailed:
            return False
        return True

    def _written(self, hold: HoldId, seen: Holder, new: Holder | None) -> None:
        ((verb, request),) = self._changed(hold, seen, new).items()
        call = getattr(self.table.client, "delete_item" if verb == "Delete" else "put_item")
        self.table.conditional(call, **request)

    def _inserted(self, row: TaskRow, actions: Sequence[Action]) -> bool:
        """Run a transaction whose first action is the put of this row."""
        refused = self.table.transact(actions)
        if refused and refused[0] == REFUSED_IN_TRANSACTION:
            raise TaskExists(f"{row.key.label} exists already")
        return not refused

    def _put(self, row: TaskRow) -> Action:
        item = encode_item(row.to_values())
        hold = HoldId.of(row)
        # A tombstone under the key of a fire says that the fire was decided against.
        fired = hold is not None and hold.kind == BY_SCHEDULE
        condition = PUT_NEW if fired else PUT_OVER_TOMBSTONE
        return {"Put": {"TableName": self.table.name, "Item": item, **condition}}

    def _changed(self, hold: HoldId, seen: Holder | None, new: Holder | None) -> Action:
        """The row of a hold as it shall be, if it is as it was seen."""
        condition = PUT_NEW if seen is None else _as_seen(seen)
        key = hold.stored._asdict()
        if new is None:
            return {"Delete": {"TableName": self.table.name, "Key": encode_item(key), **condition}}
        item = encode_item({**key, "row": hold.row, **new.to_values()})
        return {"Put": {"TableName": self.table.name, "Item": item, **condition}}

    def _cancelled(self, row: TaskRow, *, begun: bool) -> Action:
        now, status = self._clock(), Status.CANCELLED
        write = Write(
            status=status,
            sets=ending(row.key, status, now=now, retention_days=self._retention_days),
            entered=(status, now, 0, *REPLACED.tail),
            allowed=OPEN if begun else sorted(UNBEGUN),
            where={"run": row.run, **({} if begun else {"attempts": 0})},
            without=() if begun else ("fence",),
        )
        return write.request(now).action(self.table, row.key.stored)

    def _unparked(self, row: TaskRow) -> Action:
        now, status = self._clock(), Status.CREATED
        write = Write(
            status=status,
            entered=(status, now, 0),
            allowed=(Status.PARKED,),
            where={"run": row.run, "unique": row.unique},
        )
        return write.request(now).action(self.table, row.key.stored)


def _set(request: UpdateRequest, **values: Any) -> None:
    """Set these attributes; those that are None are removed."""
    for name, value in values.items():
        if value is None:
            request.remove(name)
        else:
            request.set(name, value)


def _as_seen(seen: Holder) -> dict[str, Any]:
    waits = "attribute_not_exists(waits)" if seen.waits is None else "waits = :waits"
    values = {":task": encode(seen.task), ":run": encode(seen.run)}
    if seen.waits is not None:
        values[":waits"] = encode(seen.waits)
    return {
        "ConditionExpression": f"#task = :task AND #run = :run AND {waits}",
        "ExpressionAttributeNames": {"#task": "task", "#run": "run"},
        "ExpressionAttributeValues": values,
    }
