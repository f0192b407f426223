"""Which task types and tenants are paused: one row for the stack, and one for each pause.

The stack's row is what workers read, every 15 seconds at most, so that a stack without a pause pays
one small read for all its types. The row of a pause is a limit of no slots, by which people see it,
and whose change makes the dispatcher let those go on who wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Conflict, Throttled
from taskmill.model.flow_control.limit_ids import (
    LimitId,
    pause_id,
)
from taskmill.model.keys import StoredKey
from taskmill.model.rows.limit_row import LIMIT_ROW

PAUSES = StoredKey("PAUSES", "*")
PAUSES_ROW = "PAUSES"
MOST_PAUSES = 1_000  # of a stack
KEPT_MS = 15_000  # how long a process relies on what it has read
KEPT_SECONDS = 86_400  # the row of a pause that is over
_MARK = "paused:"


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause.

    Attributes:
        task_type: The type; empty: all of the tenant.
        at: Since when, in epoch ms.
    """

    tenant: str
    task_type: str
    at: int
    by: str | None = None


class PauseStore:
    """Pauses, ends pauses, and tells which gate holds back the tasks of a type."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._clock = clock
        self._read_at: int | None = None
        self._known: frozenset[str] = frozenset()

    def may_hold(self, tenant: str, task_type: str) -> bool:
        """Whether a type was paused some seconds ago; `gate_of` tells whether it still is."""
        now = self._clock()
        if self._read_at is None or not 0 <= now - self._read_at < KEPT_MS:
            self._look(now)
        return bool(self._known) and self._gate(self._known, tenant, task_type) is not None

    def _look(self, now: int) -> None:
        """Read what is paused; what was known holds while that cannot be read."""
        with suppress(ClientError, BotoCoreError, OSError, Throttled):
            row = self._table.get_many([PAUSES], consistent=False)[0]
            self._known, self._read_at = _marks(row), now

    def gate_of(self, tenant: str, task_type: str) -> LimitId | None:
        """The gate at which tasks of the type wait; None: it is not paused. Read consistently."""
        return self._gate(_marks(self._table.get(PAUSES)), tenant, task_type)

    def held(self, tenant: str, types: Iterable[str]) -> frozenset[str]:
        """Which of these types are paused, or their tenant is. One read, strongly consistent."""
        marks = _marks(self._table.get(PAUSES))
        return frozenset(each for each in types if self._gate(marks, tenant, each) is not None)

    def is_open(self, gate: LimitId) -> bool:
        """Whether the pause with this gate is over. Read consistently."""
        return str(gate) not in _marks(self._table.get(PAUSES))

    def pause(self, tenant: str, task_type: str, *, by: str | None) -> Pause:
        """Hold back a type, or, if it is empty, all of the tenant. Again, it changes nothing.

        Raises:
            Conflict: The stack has 1,000 pauses.
        """
        gate, now = pause_id(tenant, task_type), self._clock()
        known = _marks(self._table.get(PAUSES))
        if str(gate) in known:
            return self.find(tenant, task_type) or Pause(tenant, task_type, now, by)
        if len(known) >= MOST_PAUSES:
            raise Conflict(
                f"the stack has {MOST_PAUSES:,} pauses; no more are accepted", limit=MOST_PAUSES
            )
        values = {"concurrency": 0, "by": by, "updatedAt": now}
        self._write(gate, "SET #row = :row, #mark = :now", values)
        return Pause(tenant, task_type, now, by)

    def resume(self, tenant: str, task_type: str) -> Pause | None:
        """End a pause and return it; None: there was none.

        Those who wait go on when the dispatcher has seen the change of the row.
        """
        gate, now = pause_id(tenant, task_type), self._clock()
        before = self.find(tenant, task_type)
        if before is None and self.is_open(gate):
            return None
        ended = {"updatedAt": now, "ttl": now // 1000 + KEPT_SECONDS}
        self._write(gate, "SET #row = :row REMOVE #mark", ended)
        return before or Pause(tenant, task_type, now)

    def touch(self, gate: LimitId) -> None:
        """Have the dispatcher look again at those who wait at the gate of a pause that is over."""
        with suppress(ConditionFailed):  # the row is gone: then nobody waits any more
            self._table.update_unseen(
                gate.place,
                "ADD touched :one",  # a write that changes nothing would make no record
                condition="attribute_exists(pk)",
                values={"one": 1},
            )

    def find(self, tenant: str, task_type: str) -> Pause | None:
        """A pause that is under way; None: there is none."""
        gate = pause_id(tenant, task_type)
        return _pause(self._table.get(gate.place))

    def of_tenant(self, tenant: str) -> Iterator[Pause]:
        """The pauses of a tenant that are under way: a read unit, and one for each."""
        gates = [LimitId.from_text(each) for each in sorted(_marks(self._table.get(PAUSES)))]
        places = [each.place for each in gates if each.tenant == tenant]
        found = self._table.get_many(places) if places else []
        yield from (pause for row in found if (pause := _pause(row)))

    @staticmethod
    def _gate(marks: frozenset[str], tenant: str, task_type: str) -> LimitId | None:
        gates = (pause_id(tenant), pause_id(tenant, task_type))
        return next((each for each in gates if str(each) in marks), None)

    def _write(self, gate: LimitId, expression: str, values: Mapping[str, Any]) -> None:
        """Change the mark in the stack's row and the row of the pause together."""
        marked = {":now": encode(values["updatedAt"])} if ":now" in expression else {}
        self._table.transact(
            [
                {
                    "Update": {
                        "TableName": self._table.name,
                        "Key": encode_item(PAUSES._asdict()),
                        "UpdateExpression": expression,
                        "ExpressionAttributeNames": {"#mark": _MARK + str(gate), "#row": "row"},
                        "ExpressionAttributeValues": {":row": encode(PAUSES_ROW), **marked},
                    }
                },
                {
                    "Put": {
                        "TableName": self._table.name,
                        "Item": encode_item(_row(gate, values)),
                    }
                },
            ]
        )


def _row(gate: LimitId, values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not None}
    known = {"row": LIMIT_ROW, "tenant": gate.tenant, "name": gate.name, "key": gate.key}
    return {**gate.place._asdict(), **known, **given}


def _marks(row: Mapping[str, Any] | None) -> frozenset[str]:
    return frozenset(name.removeprefix(_MARK) for name in (row or {}) if name.startswith(_MARK))


def _pause(row: Mapping[str, Any] | None) -> Pause | None:
    if row is None or row.get("concurrency") != 0:
        return None
    return Pause(row["tenant"], row.get("key", ""), int(row["updatedAt"]), row.get("by"))
