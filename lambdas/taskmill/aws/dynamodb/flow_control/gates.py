"""Gates: how many slots of a limit of concurrency are held, in the table.

What a task does with its slots and what the gate counts of it is one transaction, so that the
slots of all rows are what their gates count, whatever is repeated or lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.flow_control import actions
from taskmill.aws.dynamodb.flow_control.settings import applying, places_of
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms
from taskmill.model.errors import Throttled
from taskmill.model.flow_control.limit_ids import GATE_ROW, LimitId, limit_partitions
from taskmill.model.rows.task_row import TaskRow

ACTIONS = 100  # the limit of a transaction
PAIRS = ACTIONS // 3  # tasks that pass their slots on in one transaction
PATIENCE = 3  # rounds of ten tries of a transaction
KEPT_SECONDS = 7 * DAY_SECONDS  # a gate of which no slot is held may go after this time


@dataclass(frozen=True, slots=True)
class Gate:
    """A limit of concurrency as it was read.

    Attributes:
        held: Slots that are held.
        setting: How many an operator has set; None: what the task's type declares counts.
        kept: Whether its row is there and does not expire.
    """

    id: LimitId
    held: int
    setting: int | None = None
    kept: bool = True

    def limit(self, declared: int) -> int:
        """The limit for tasks whose type declares this number."""
        return declared if self.setting is None else self.setting

    def room(self, declared: int) -> int:
        """How many slots are free; 0 also if more are held than the limit is now."""
        return max(0, self.limit(declared) - self.held)


@dataclass(frozen=True, slots=True)
class Refused:
    """What a transaction was refused for; nothing of it was done.

    Attributes:
        rows: Places of those tasks that are not as they were read.
        gate: Whether a gate has changed, so that there is no room any more.
    """

    rows: frozenset[int]
    gate: bool


class GateStore:
    """Reads gates, and moves slots between them and tasks. Conflicts are repeated with jitter."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._clock = clock

    def look(self, limits: Sequence[LimitId]) -> dict[LimitId, Gate]:
        """Read gates, and the limits that operators have set, strongly consistently."""
        wanted = list(dict.fromkeys(limits))
        keys = [key for each in wanted for key in (each.gate, *places_of(each))]
        found = dict(zip(keys, self._table.get_many(keys), strict=True))
        return {
            each: _gate_of(each, found[each.gate], [found[key] for key in places_of(each)])
            for each in wanted
        }

    def of_tenant(self, tenant: str) -> Iterator[Gate]:
        """The gates of a tenant, or of `STACK`, without what is set for them."""
        for partition in limit_partitions(GATE_ROW, tenant):
            yield from self._gates(partition)

    def of_name(self, tenant: str, name: str, *, after: str | None = None) -> Iterator[Gate]:
        """The gates of every key of a limit, without what is set for them, in a fixed order.

        Args:
            after: Only those after the gate of this key.
        """
        last = None if after is None else LimitId(tenant, name, after).gate
        for partition in limit_partitions(GATE_ROW, tenant):
            if last is None or partition >= last.pk:
                within = last.sk if last is not None and partition == last.pk else None
                yield from self._gates(partition, prefix=f"{name}#", after=within)

    def admit(
        self, wanted: Sequence[tuple[TaskRow, int]], limits: Mapping[LimitId, int], *, now: int
    ) -> Refused | None:
        """Give tasks that have no slots some at each of these gates: they are QUEUED then.

        Args:
            wanted: Tasks, and how many slots each gets: at most `admitted_together(limits)`.
            limits: All gates of all these tasks, and their limits.
        """
        slots = sum(each for _, each in wanted)
        doing = [[actions.admitted(self._table, row, each, now)] for row, each in wanted]
        return self._transact(doing, self._taken(slots, limits))

    def unpark(
        self, wanted: Sequence[tuple[TaskRow, int]], limits: Mapping[LimitId, int], *, now: int
    ) -> Refused | None:
        """As `admit`, for tasks that are PARKED: they are CREATED with slots then.

        Args:
            wanted: At most `unparked_together(limits)`.
        """
        slots = sum(each for _, each in wanted)
        doing = [actions.unparked(self._table, row, each, now) for row, each in wanted]
        return self._transact(doing, self._taken(slots, limits))

    def release(self, rows: Sequence[TaskRow], gates: Sequence[Gate]) -> Refused | None:
        """Take the slots from tasks that may not keep them.

        Args:
            rows: At most `admitted_together(gates)`.
            gates: All gates of all these tasks.
        """
        slots, expires = sum(row.slots or 0 for row in rows), self._clock() // 1000 + KEPT_SECONDS
        given = [
            actions.gate_given(self._table, each.id, slots, held=each.held, expires=expires)
            for each in gates
        ]
        return self._transact([[actions.released(self._table, row)] for row in rows], given)

    def hand_over(self, pairs: Sequence[tuple[TaskRow, TaskRow]], *, now: int) -> Refused | None:
        """Pass slots on: of each pair, the first gives what the second, which is PARKED, gets.

        Both are subject to the same gate alone, whose row is not touched.

        Args:
            pairs: At most `PAIRS`. The places of a refusal are theirs, whichever of a pair it was.
        """
        doing = [
            [
                actions.released(self._table, giver),
                *actions.unparked(self._table, taker, giver.slots, now),
            ]
            for giver, taker in pairs
        ]
        return self._transact(doing, [])

    def keep(self, gate: Gate) -> None:
        """See to it that a gate at which somebody waits is found by its name: it has a row."""
        if not gate.kept:
            self._table.transact([actions.gate_kept(self._table, gate.id)])

    def _taken(self, slots: int, limits: Mapping[LimitId, int]) -> list[actions.Action]:
        return [
            actions.gate_taken(self._table, each, slots, limit) for each, limit in limits.items()
        ]

    def _transact(
        self, doing: Sequence[Sequence[actions.Action]], gates: Sequence[actions.Action]
    ) -> Refused | None:
        codes = self._patiently([*(each for group in doing for each in group), *gates])
        if not codes:
            return None
        owners = [place for place, group in enumerate(doing) for _ in group]
        failed = [code != "None" for code in codes]
        rows = frozenset(place for place, bad in zip(owners, failed, strict=False) if bad)
        return Refused(rows, gate=any(failed[len(owners) :]))

    def _patiently(self, doing: Sequence[actions.Action]) -> list[str]:
        """Run a transaction; one that meets others at a busy gate has up to some 15 s.

        Raises:
            Throttled: That was too short.
        """
        for _ in range(PATIENCE - 1):
            with suppress(Throttled):
                return self._table.transact(doing)
        return self._table.transact(doing)

    def _gates(self, partition: str, prefix: str = "", after: str | None = None) -> Iterator[Gate]:
        condition, values = "pk = :pk", {":pk": encode(partition)}
        last = {"pk": partition, "sk": after}
        start = {} if after is None else {"ExclusiveStartKey": encode_item(last)}
        if prefix:
            condition += " AND begins_with(sk, :sk)"
            values[":sk"] = encode(prefix)
        found = self._table.query(
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **start,
        )
        for row in found:
            limit = LimitId(row["tenant"], row["name"], row["key"])
            yield _gate_of(limit, row, [])


def admitted_together(limits: Sequence[object] | Mapping[LimitId, int]) -> int:
    """How many tasks fit into a transaction with so many gates, if each has one row in it."""
    return ACTIONS - len(limits)


def unparked_together(limits: Sequence[object] | Mapping[LimitId, int]) -> int:
    """As `admitted_together`, with a waiter row for each task."""
    return (ACTIONS - len(limits)) // 2


def _gate_of(
    limit: LimitId,
    values: Mapping[str, Any] | None,
    settings: Sequence[Mapping[str, Any] | None],
) -> Gate:
    kept = values is not None and "ttl" not in values
    held = int((values or {}).get("held", 0))
    return Gate(limit, held, applying(settings).concurrency, kept)
