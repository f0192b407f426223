"""Callback mapping rows: when tasks of one type end, submit another type."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.counters import Counters
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import callback_key, callback_partition, mapped_type
from taskmill.model.rows.mapping_row import MappingRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.task_settings import Callback

KNOWN_TYPES = 1_000  # size of the cache: pairs of tenant and task type
MAX_AGE_MS = 60_000  # after which a cached entry is read again in any case


@dataclass(frozen=True, slots=True)
class _Cached:
    callbacks: tuple[Callback, ...]
    read_at: int


class MappingStore:
    """Store of callback mappings, with a cache of the callbacks by tenant and task type."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self.table = table
        self.clock = clock
        self._counters = Counters(table)
        self._known: dict[tuple[str, str], _Cached] = {}

    def get(self, tenant: str, mapping: str) -> MappingRow | UnreadableRow | None:
        """The mapping with this id, read strongly consistently; None: there is none."""
        values = self.table.get(callback_key(tenant, mapping))
        return MappingRow.shown(values) if values else None

    def of_type(self, tenant: str, task_type: str) -> list[MappingRow | UnreadableRow]:
        """All mappings of a task type in the order of their ids, read strongly consistently."""
        found = self.table.query(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": encode(callback_partition(tenant, task_type))},
            ConsistentRead=True,
        )
        return [MappingRow.shown(each) for each in found]

    def put(self, row: MappingRow, *, over: MappingRow | None) -> bool:
        """Store a mapping, replacing `over` (None: a new one); False: it has changed since."""
        stored = dataclasses.replace(row, version=over.version + 1 if over else 1)
        self._known.pop((row.tenant, row.task_type), None)
        try:
            if over is None:
                self.table.put_new(stored.to_values())
            else:
                self.table.replace(stored.to_values(), version=over.version)
        except ConditionFailed:
            return False
        if over is None:
            self._counters.add_mappings(row.tenant, 1)
        return True

    def count(self, tenant: str) -> int:
        """How many mappings a tenant has.

        A process that dies between two writes may leave it one too low or too high.
        """
        return self._counters.mappings(tenant)

    def delete(self, tenant: str, mapping: str) -> MappingRow | UnreadableRow | None:
        """Delete a mapping and return it; None: there was none."""
        values = self.table.delete(callback_key(tenant, mapping))
        if not values:
            return None
        self._counters.add_mappings(tenant, -1)
        self._known.pop((tenant, mapped_type(mapping)), None)
        return MappingRow.shown(values)

    def as_of(self, tenant: str, task_type: str, moment: int) -> tuple[Callback, ...]:
        """The callbacks of a type as they were at `moment` (epoch ms) or later.

        Uses the cache if it was read at `moment` or later, and less than a minute ago.
        """
        known = self._known.get((tenant, task_type))
        now = self.clock()
        if known is None or known.read_at < max(moment, now - MAX_AGE_MS):
            known = _Cached(self._read(tenant, task_type), now)
            self._remember((tenant, task_type), known)
        return known.callbacks

    def _read(self, tenant: str, task_type: str) -> tuple[Callback, ...]:
        rows = self.of_type(tenant, task_type)
        return tuple((row.event, row.callback_type) for row in rows if isinstance(row, MappingRow))

    def _remember(self, key: tuple[str, str], known: _Cached) -> None:
        self._known.pop(key, None)
        if len(self._known) >= KNOWN_TYPES:
            del self._known[next(iter(self._known))]  # the entry read longest ago
        self._known[key] = known
