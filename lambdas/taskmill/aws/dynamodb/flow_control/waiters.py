"""Waiters: the tasks that are PARKED at a gate, each with a row in the gate's partition.

A task's row says where it waits (`gate`, `waiter`), and decides: a waiter row whose task is not
PARKED there is left over, and dropped by whoever finds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.flow_control import actions
from taskmill.aws.dynamodb.flow_control.gates import ACTIONS
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import InvalidKey
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

PARKED_TOGETHER = ACTIONS // 2
_DIGITS = {"urgent": 0, "high": 1, "normal": 2, "low": 3}


@dataclass(frozen=True, slots=True)
class Waiter:
    """One waiter row.

    Attributes:
        place: Its place in the order: priority, then age.
        version: That of its task when it was parked.
        since: When that was, in epoch ms.
    """

    gate: LimitId
    place: str
    task: TaskKey
    version: int
    since: int


class WaiterStore:
    """Parks tasks at gates, finds them in their order, and takes them off again."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._clock = clock

    def park(self, rows: Sequence[TaskRow], gate: LimitId) -> frozenset[int]:
        """Let tasks without slots wait at a gate: they are PARKED then.

        Who parks must look at the gate once more afterwards; the reaction to PARKED does.

        Args:
            rows: At most `PARKED_TOGETHER`.

        Returns:
            Places of the rows that are not as they were read; if there are any, nothing was done.
        """
        now = self._clock()
        return self._transact(
            [actions.parked(self._table, row, gate, place_of(row), now) for row in rows]
        )

    def move(self, row: TaskRow, gate: LimitId) -> bool:
        """Let a PARKED task wait at another gate; False: it is not as it was read."""
        doing = actions.waits_at(self._table, row, gate, place_of(row), self._clock())
        return not self._transact([doing])

    def unpark(self, rows: Sequence[TaskRow]) -> frozenset[int]:
        """Let PARKED tasks go on without slots: they are CREATED then. Returns as `park` does.

        Args:
            rows: At most `PARKED_TOGETHER`.
        """
        now = self._clock()
        return self._transact([actions.unparked(self._table, row, None, now) for row in rows])

    def first(self, gate: LimitId, most: int, *, after: str = "") -> list[Waiter]:
        """Who waits at a gate, in order, read strongly consistently.

        Args:
            after: Only places after this one.
        """
        return [
            each
            for values in self._pages(gate, after, most)
            if (each := _waiter(gate, values)) is not None
        ]

    def count(self, gate: LimitId, *, most: int = 10_000) -> int:
        """How many wait at a gate, as far as `most`; read eventually consistently."""
        counted = 0
        start: dict[str, Any] = {}
        while True:
            answer = self._table.client.query(
                TableName=self._table.name,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(gate.waiters)},
                Select="COUNT",
                **start,
            )
            counted += int(answer["Count"])
            if "LastEvaluatedKey" not in answer or counted >= most:
                return min(counted, most)
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def tasks_of(self, waiters: Sequence[Waiter]) -> list[TaskRow | None]:
        """The tasks that wait, as they are now; None: that one does not wait there any more."""
        found = self._table.get_many([each.task.stored for each in waiters])
        return [_waiting(each, values) for each, values in zip(waiters, found, strict=True)]

    def drop(self, gate: LimitId, place: str, *, version: int) -> None:
        """Delete a waiter row, unless its task was parked there anew.

        Args:
            version: Of the task when it did not wait there.
        """
        with suppress(ConditionFailed):
            self._table.delete_older(StoredKey(gate.waiters, place), version=version)

    def _transact(self, doing: Sequence[Sequence[actions.Action]]) -> frozenset[int]:
        codes = self._table.transact([each for group in doing for each in group])
        owners = [place for place, group in enumerate(doing) for _ in group]
        return frozenset(
            place for place, code in zip(owners, codes, strict=False) if code != "None"
        )

    def _pages(self, gate: LimitId, after: str, most: int) -> Iterator[dict[str, Any]]:
        found = self._table.query(
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues={":pk": encode(gate.waiters), ":after": encode(after or " ")},
            ConsistentRead=True,
            Limit=most,
        )
        for _, values in zip(range(most), found, strict=False):
            yield values


def place_of(row: TaskRow) -> str:
    """A task's place among those that wait at a gate: priority, then age; the same each time."""
    digit = _DIGITS.get(row.priority or "normal", _DIGITS["normal"])
    return f"{digit}{row.created_at or 0:013d}#{row.key}"


def is_parked_at(row: TaskRow, gate: LimitId, place: str) -> bool:
    """Whether a task waits at this place of this gate."""
    return row.status is Status.PARKED and (row.gate, row.waiter) == (str(gate), place)


def _waiter(gate: LimitId, values: Mapping[str, Any]) -> Waiter | None:
    try:
        task = TaskKey.from_text(values["task"])
        return Waiter(gate, values["sk"], task, int(values["version"]), int(values["since"]))
    except (InvalidKey, LookupError, TypeError, ValueError):  # written by hand
        return None


def _waiting(waiter: Waiter, values: Mapping[str, Any] | None) -> TaskRow | None:
    row = TaskRow.shown(values) if values else None
    if isinstance(row, TaskRow) and is_parked_at(row, waiter.gate, waiter.place):
        return row
    return None
