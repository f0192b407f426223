"""Rows of children: read, adopt, cancel, and count in the parent's tally."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.aws.dynamodb.writes import ending, last_run, reopening
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.rows.history import NOBODY, Actor
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, OPEN, Status
from taskmill.model.time_bounds import renewed

TRANSACTION_MARKS = 99  # a transaction has 100 actions, one of them on the parent's row
TALLY = {
    Status.COMPLETED: "childrenCompleted",
    Status.FAILED: "childrenFailed",
    Status.CANCELLED: "childrenCancelled",
}


class ChildStore:
    """Store of the children of tasks, and of the tally in the parent's row."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def read(self, keys: Sequence[TaskKey]) -> list[TaskRow | None]:
        """Read rows in the order of `keys`, strongly consistently, 100 per request.

        Raises:
            UnreadableRow: One of them is unreadable.
        """
        found = self.table.get_many([key.stored for key in keys])
        return [TaskRow.from_values(each) if each else None for each in found]

    def readable(self, keys: Sequence[TaskKey]) -> list[TaskRow]:
        """As `read`, without rows that are missing or unreadable."""
        found = self.table.get_many([key.stored for key in keys])
        shown = [TaskRow.shown(each) for each in found if each]
        return [row for row in shown if isinstance(row, TaskRow)]

    def keys_of(self, parent: TaskKey) -> Iterator[TaskKey]:
        """Keys of the children of `parent` in the order of their codes; eventually consistent."""
        for each in self.stored_keys_of(parent):
            if (key := TaskKey.known(each)) is not None:
                yield key

    def stored_keys_of(
        self, parent: TaskKey, *, after: str | None = None, page: int | None = None
    ) -> Iterator[StoredKey]:
        """As `keys_of`, but the stored keys, in whatever form they are.

        Args:
            after: Only codes that sort after this one.
            page: Keys read at a time; None: 1 MB.
        """
        values = {":parent": encode(str(parent))}
        condition = "#parent = :parent"
        if after:
            condition += " AND code > :after"
            values[":after"] = encode(after)
        found = self.table.query(
            IndexName="children",
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#parent": "parent"},
            ExpressionAttributeValues=values,
            **({} if page is None else {"Limit": page}),
        )
        for each in found:
            yield StoredKey(each["pk"], each["sk"])

    def await_(self, rows: Sequence[TaskRow]) -> list[bool]:
        """Mark children as awaited: the parent resumes when they have ended.

        Returns:
            False for each child that has changed since it was read.
        """
        return self.table.update_many([self._change(row, {"awaited": True}) for row in rows])

    def adopt(self, rows: Sequence[TaskRow], run: int, *, awaited: bool) -> list[bool]:
        """Take over children of an earlier run into `run`; failed ones start again.

        Returns:
            False for each child that has changed since it was read.
        """
        return self.table.update_many([self._adoption(row, run, awaited=awaited) for row in rows])

    def cancel(self, rows: Sequence[TaskRow], *, actor: Actor = NOBODY) -> list[bool]:
        """Cancel children; False for each that has changed since it was read.

        Args:
            actor: Who cancelled their parent.
        """
        now, status = self.clock(), Status.CANCELLED
        return self.table.update_many(
            [
                self._change(
                    row,
                    {
                        "status": status,
                        "history": row.history_with(status, now, actor),
                        **ending(row.key, status, now=now, retention_days=self.retention_days),
                    },
                )
                for row in rows
            ]
        )

    def count(self, parent: TaskKey, run: int, children: Sequence[TaskRow]) -> bool:
        """Add up to 99 ended children to their parent's tally in one transaction, each once.

        Returns:
            False if a child has changed: it was counted before, for example, or is awaited now.
            True also if the parent has ended or is in another run, and so needs no tally.
        """
        marks = [self._mark(child, run) for child in children]
        refused = self.table.transact([*marks, self._tally(parent, run, children, sign=1)])
        return not refused or refused[-1] == REFUSED_IN_TRANSACTION

    def tally_of(self, child: TaskRow, status: Status) -> dict[str, Any] | None:
        """The count of a child that ends with this status, as an action of a transaction.

        Returns:
            None unless its parent waits for this child alone: several would be in each other's way.
        """
        if child.parent is None or child.parent_run is None:
            return None
        if not (child.awaited and child.awaited_alone) or status not in FINAL:
            return None
        parent = TaskKey.from_text(child.parent)
        return self._tally(parent, child.parent_run, [child.but(status=status)], sign=1)

    def reopen(
        self, child: TaskRow, *, only: Mapping[str, str] | None = None, actor: Actor = NOBODY
    ) -> TaskRow:
        """Start a failed or cancelled child again and subtract it from its parent's tally.

        If the parent has ended or is in another run, only the child is changed.

        Args:
            child: As it was read, already counted.
            only: `only` of a fan-out, if the run is restricted to some subtasks.
            actor: Who asked for it, for the history.

        Raises:
            IllegalStatusChange: The child has changed since it was read.
        """
        now = self.clock()
        where, limits = {"version": child.version}, {**renewed(child, now), **(only or {})}
        write = reopening(child.key, now=now, where=where, limits=limits, actor=actor)
        if child.parent is not None and child.parent_run is not None:
            parent = TaskKey.from_text(child.parent)
            tally = self._tally(parent, child.parent_run, [child], sign=-1)
            again = write.request(now).action(self.table, child.key.stored)
            refused = self.table.transact([again, tally])
            if not refused:
                return TaskRow.from_values(self.table.get(child.key.stored) or {})
        return write.apply(self.table, child.key, now=now)

    def _mark(self, child: TaskRow, run: int) -> dict[str, Any]:
        request = UpdateRequest()
        request.set("counted", value=True)
        request.add("version", 1)
        request.refuse_any("counted")
        request.require("status", child.status)
        request.require("run", child.run)
        request.require("parentRun", run)
        if child.awaited:
            request.require("awaited", value=True)
        else:
            request.refuse_any("awaited")
        return request.action(self.table, child.key.stored)

    def _tally(
        self, parent: TaskKey, run: int, children: Sequence[TaskRow], *, sign: int
    ) -> dict[str, Any]:
        request = UpdateRequest()
        request.set("updatedAt", self.clock())
        request.add("version", 1)
        for name, amount in _amounts(children).items():
            request.add(name, sign * amount)
        request.require("run", run)
        request.require_status(OPEN)
        return request.action(self.table, parent.stored)

    def _adoption(self, row: TaskRow, run: int, *, awaited: bool) -> Update:
        sets: dict[str, Any] = {"parentRun": run, **({"awaited": True} if awaited else {})}
        sets |= renewed(row, self.clock())  # the parent starts again, and so does their time
        removes: tuple[str, ...] = () if awaited else ("awaited",)
        if row.ended:
            now, status = self.clock(), Status.CREATED
            sets |= {"status": status, "attempts": 0, "run": row.run + 1}
            sets["history"] = row.history_with(status, now)
            removes = (*removes, *last_run(row.key))
        else:
            removes = (*removes, "counted")
        return self._change(row, sets, removes)

    def _change(self, row: TaskRow, sets: Mapping[str, Any], removes: Sequence[str] = ()) -> Update:
        return Update(
            key=row.key.stored,
            sets={**sets, "version": row.version + 1, "updatedAt": self.clock()},
            removes=removes,
            where={"status": row.status, "version": row.version},
        )


def _amounts(children: Sequence[TaskRow]) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for child in children:
        for name in (TALLY[child.status], *(["awaitedDone"] if child.awaited else [])):
            amounts[name] = amounts.get(name, 0) + 1
    return amounts
