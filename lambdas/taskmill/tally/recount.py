"""Sets the present numbers of a tenant's statistics to what its rows say, after a loss of changes.

What a row counts for is decided as for its changes (see `additions`): the numbers are the sum over
all rows, as if each had just been added.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.statistics import Row, StatisticsStore
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms
from taskmill.model.keys import Kind, StoredKey, shard_partitions
from taskmill.model.rows.row_change import Change, readable_row
from taskmill.model.rows.task_row import TASK_ROWS, TaskRow
from taskmill.model.statistics.names import (
    STATISTICS_ROW,
    WAITING,
    gauge_partition,
    group_partition,
)
from taskmill.model.statuses import Status
from taskmill.tally.additions import Addition, readable_additions
from taskmill.tally.tally import KEPT_DAYS

QUIET_MS = 300_000  # the stream's changes are counted within a minute or two
PASSES = 3
_STATUSES = frozenset(map(str, Status))


@dataclass(frozen=True, slots=True)
class Recounted:
    """What was done to one row of the statistics whose numbers were not those of the rows.

    Attributes:
        key: Of the row: a task type's gauge, or an error group in a type.
        was: Its present numbers before, without zeros.
        counted: Those of the scan.
        did: "busy": nothing, as tasks of the type have changed within five minutes, or meanwhile.
    """

    key: StoredKey
    was: Mapping[str, int]
    counted: Mapping[str, int]
    did: Literal["corrected", "busy"]


@dataclass
class _Scan:
    """What the rows of a tenant count for, and when those of each type changed last (epoch ms)."""

    rows: int = 0
    sums: dict[StoredKey, Row] = field(default_factory=dict)
    changed: Counter[str] = field(default_factory=Counter)

    def add(self, row: TaskRow) -> None:
        self.rows += 1
        at = max(row.updated_at or 0, row.created_at or 0)
        self.changed[row.key.type] = max(self.changed[row.key.type], at)
        for each in readable_additions(Change(None, row)):
            if each.key.pk in (gauge_partition(row.key.tenant), group_partition(row.key.tenant)):
                self.sums[each.key] = _with(self.sums.get(each.key, {}), each)


@dataclass(frozen=True, kw_only=True)
class Recount:
    """Reads all rows of a tenant, and corrects the numbers that differ."""

    store: StatisticsStore
    clock: Clock = now_ms

    def run(self, tenant: str) -> tuple[int, list[Recounted]]:
        """Recount a tenant; how many rows it has, and what was done where numbers differed.

        Exact for types whose tasks are at rest. A row that the tally has written since it was read
        is left alone, and looked at again in the next of three passes.
        """
        done: dict[StoredKey, Recounted] = {}
        scan, overtaken = self._pass(tenant, done)
        for _ in range(PASSES - 1):
            if overtaken:
                scan, overtaken = self._pass(tenant, done)
        return scan.rows, [done[key] for key in sorted(done)]

    def _pass(self, tenant: str, done: dict[StoredKey, Recounted]) -> tuple[_Scan, bool]:
        began, overtaken = self.clock(), False
        stored = {StoredKey(row["pk"], row["sk"]): row for row in self._stored(tenant)}
        scan = self._scan(tenant)
        for key in {**stored, **scan.sums}:
            was, counted = _figures(stored.get(key, {})), _figures(scan.sums.get(key, {}))
            if was == counted:
                continue
            busy = scan.changed[_type(key)] > began - QUIET_MS
            if not busy and not self._write(key, stored.get(key), scan.sums.get(key, {}), began):
                busy = overtaken = True
            done[key] = Recounted(key, was, counted, "busy" if busy else "corrected")
        return scan, overtaken

    def _stored(self, tenant: str) -> Iterator[Row]:
        for partition in (gauge_partition(tenant), group_partition(tenant)):
            yield from self.store.of(partition, consistent=True)

    def _scan(self, tenant: str) -> _Scan:
        scan = _Scan()
        for partition in (each for kind in Kind for each in shard_partitions(kind, tenant)):
            for values in self.store.table.query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(partition)},
                ConsistentRead=True,
            ):
                row = readable_row(values) if values.get("row") in TASK_ROWS else None
                if isinstance(row, TaskRow):
                    scan.add(row)
        return scan

    def _write(self, key: StoredKey, old: Row | None, counted: Row, began: int) -> bool:
        """Set a row's numbers, if it is as it was read."""
        kept = {name: each for name, each in (old or {}).items() if not _is_figure(name)}
        values = {**_new(key, began), **counted, **kept, **_figures(counted)}
        try:
            if old is None:
                self.store.table.put_new({**values, "version": 1})
                self.store.note_tenant(key.tenant)
            else:
                self.store.table.replace(
                    {**values, "version": old["version"] + 1}, version=old["version"]
                )
        except ConditionFailed:
            return False
        return True


def _new(key: StoredKey, now: int) -> Row:
    """What a new row of the statistics has besides its numbers."""
    row = {**key._asdict(), "row": STATISTICS_ROW}
    if key.pk == gauge_partition(key.tenant):
        return {**row, "asOf": now}
    return {**row, "ttl": now // 1000 + KEPT_DAYS * DAY_SECONDS}


def _with(row: Row, added: Addition) -> Row:
    """The attributes of a row with what is added to it."""
    found = {**row, **{name: row.get(name, 0) + n for name, n in added.adds.items()}}
    if added.first.get("firstAt", 0) < row.get("firstAt", float("inf")):
        found |= added.first
    if added.last.get("lastAt", 0) >= row.get("lastAt", 0):
        found |= added.last
    return found


def _figures(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: n for name, n in row.items() if _is_figure(name) and n}


def _is_figure(name: str) -> bool:
    return name in _STATUSES or name == "open" or name.startswith(WAITING)


def _type(key: StoredKey) -> str:
    """The task type of a row of the statistics."""
    return key.sk if key.pk == gauge_partition(key.tenant) else key.sk.partition("#")[2]
