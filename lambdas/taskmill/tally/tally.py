"""Tally: adds up the changes of one delivery of the stream, and writes each sum once.

A shard is delivered in order, and goes on only when a delivery has succeeded. So a row that keeps
the number of the newest change that it has counted, by shard, knows of every change whether it has
been counted, in whichever deliveries it comes again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.codec import decode_row
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.statistics import Row, StatisticsStore
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms
from taskmill.model.keys import StoredKey
from taskmill.model.rows.row_change import Change, readable_row
from taskmill.model.rows.task_row import TASK_ROWS
from taskmill.model.statistics.marks import Place, mark_name, sequence_of
from taskmill.model.statistics.names import gauge_partition
from taskmill.tally.additions import Addition, readable_additions
from taskmill.tally.groups import Groups
from taskmill.tally.tidying import outdated

ATTRIBUTES_LIMIT = 100  # of one write: an expression has at most 4 KB
KEPT_DAYS = 400  # hours; groups, after they occurred last


@dataclass(frozen=True, slots=True)
class Counted:
    """What one change adds to one row."""

    place: Place
    addition: Addition


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts the changes of the table's stream.

    Attributes:
        groups: What else there is to error groups.
    """

    store: StatisticsStore
    groups: Groups
    clock: Clock = now_ms
    _known: set[str] = field(default_factory=set)

    def handle(self, records: Sequence[Mapping[str, Any]], shard: str) -> int:
        """Count the records of one delivery; may be repeated, whole or in other parts.

        Args:
            records: In the order of the stream.
            shard: Of the stream, from which all of them are.

        Returns:
            How many rows were written.

        Raises:
            Exception: A row could not be written: deliver all of them again.
        """
        by_row: dict[StoredKey, list[Counted]] = {}
        for record in records:
            place = _place(record)
            for addition in readable_additions(_change(record)):
                by_row.setdefault(addition.key, []).append(Counted(place, addition))
        return sum(self._count(key, shard, by_row[key]) for key in sorted(by_row))

    def _count(self, key: StoredKey, shard: str, changes: Sequence[Counted]) -> int:
        """Add changes to one row, without those that it has counted."""
        self.groups.keep_sample(key, [each.addition for each in changes])
        left, mark = list(changes), mark_name(shard)
        while left:
            # Also if they come to nothing: a part of them may come again.
            adds = _sum(each.addition.adds for each in left)
            if len(adds) > ATTRIBUTES_LIMIT and len(left) > 1:
                half = len(left) // 2
                return sum(self._count(key, shard, part) for part in (left[:half], left[half:]))
            try:
                row = self._add(key, mark, adds, left)
            except ConditionFailed as refused:
                row = dict(refused.old or {})
                self._follow(key, row, changes)
                seen = sequence_of(row[mark])
                left = [each for each in left if each.place.sequence > seen]
                continue
            self._follow(key, row, changes)
            if old := outdated(row, self.clock()):
                self.store.tidy(key, old)
            return 1
        return 0

    def _add(
        self, key: StoredKey, mark: str, adds: Mapping[str, int], changes: Sequence[Counted]
    ) -> Row:
        first, last = changes[0].place, changes[-1].place
        once: dict[str, Any] = {}
        sets: dict[str, Any] = {}
        for each in changes:
            once = {**each.addition.first, **once}
            sets |= each.addition.last
        if key.pk == gauge_partition(key.tenant):
            sets["asOf"] = last.at or self.clock()
        else:
            sets["ttl"] = self.clock() // 1000 + KEPT_DAYS * DAY_SECONDS
        counted = (mark, first.unseen, last.mark)
        return self.store.add(key, adds, sets=sets, once=once, counted=counted)

    def _follow(self, key: StoredKey, row: Row, changes: Sequence[Counted]) -> None:
        """Do what follows from a row, whether it was written now or in a delivery before."""
        if row.get("version") == 1 and key.tenant not in self._known:
            self.store.note_tenant(key.tenant)
            self._known.add(key.tenant)
        self.groups.reopen(key, row, [each.addition for each in changes])


def _place(record: Mapping[str, Any]) -> Place:
    change = record["dynamodb"]
    made = float(change.get("ApproximateCreationDateTime") or 0)
    return Place(int(change["SequenceNumber"]), round(made * 1000))


def _change(record: Mapping[str, Any]) -> Change:
    """The change of a record; a row that cannot be read counts for nothing, before and after."""
    images = record["dynamodb"]
    return Change(*(_row(images.get(name)) for name in ("OldImage", "NewImage")))


def _row(image: Mapping[str, Any] | None) -> Any:
    if not image or image.get("row", {}).get("S") not in TASK_ROWS:
        return None
    return readable_row(decode_row(image))


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum, without zeros."""
    total: Counter[str] = Counter()
    for part in parts:
        for name, count in part.items():
            total[name] += count
    return {name: count for name, count in total.items() if count}
