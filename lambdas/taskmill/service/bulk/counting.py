"""Counts what a bulk operation would act on; exactly, unless there is too much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.statistics import StatisticsStore
from taskmill.model.api.bulk import BulkCount
from taskmill.model.api.requests import KeyModel
from taskmill.model.built_in import is_reserved
from taskmill.model.bulk_filter import Matching
from taskmill.model.keys import TaskKey
from taskmill.model.statistics.names import gauge_partition
from taskmill.service.bulk.sources import ListedKeys, Position, Source, matched_rows
from taskmill.service.parts import ServiceParts

SAMPLE = 5
COUNTED_KEYS = 100_000  # of the index of failures, or given: up to this many, a count is exact
COUNTED_ROWS = 20_000  # if they must be read: of the index with a fingerprint or times
COUNTED_MS = 10_000  # a request ends after 29 seconds
_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Counts within a request, and names the first few."""

    parts: ServiceParts
    tenant: str
    matching: Matching

    def count(self, source: Source) -> BulkCount:
        """What is matched now. Not exact: at least so many, or about as many by the statistics."""
        if isinstance(source, ListedKeys):
            return self._listed(source)
        return self._found(source, reads=self.matching.needs_rows and self.matching.by_failures)

    def _found(self, source: Source, *, reads: bool) -> BulkCount:
        most = COUNTED_ROWS if reads else COUNTED_KEYS
        ends = self.parts.clock() + COUNTED_MS
        position: Position | None = []
        sample: list[TaskKey] = []
        count = examined = 0
        while position is not None and examined <= most and self.parts.clock() < ends:
            keys, position = source.page(position, most=_AT_ONCE, examined=_AT_ONCE)
            if reads:
                found = matched_rows(keys, self.matching, rows=self.parts.rows_of)
                keys = [row.key for row in found]
            examined += _AT_ONCE
            count += len(keys)
            sample += keys[: SAMPLE - len(sample)]
        return self._told(count, sample, exact=position is None)

    def _listed(self, source: ListedKeys) -> BulkCount:
        """DynamoDB counts them: the rows are read there, but not sent."""
        ends = self.parts.clock() + COUNTED_MS
        sample: list[TaskKey] = []
        count, exact = 0, True
        for counted, keys in source.counts(shown=lambda: len(sample) < SAMPLE):
            count += counted
            sample.extend(keys[: SAMPLE - len(sample)])
            if self.parts.clock() >= ends:
                exact = False
                break
        return self._told(count if exact else max(count, self._gauge()), sample, exact=exact)

    def _gauge(self) -> int:
        """What the statistics say, which are behind by a minute or so; 0: they do not tell."""
        if self.matching.created_after or self.matching.created_before:
            return 0
        rows = StatisticsStore(self.parts.tasks.table).of(gauge_partition(self.tenant))
        return sum(self._of_type(row) for row in rows)

    def _of_type(self, row: Mapping[str, Any]) -> int:
        name = row["sk"]
        if is_reserved(name) or self.matching.type not in (None, name):
            return 0
        return sum(max(row.get(str(each), 0), 0) for each in self.matching.statuses)

    def _told(self, count: int, sample: list[TaskKey], *, exact: bool) -> BulkCount:
        shown = tuple(KeyModel(**key.as_dict()) for key in sample)
        return BulkCount(count=count, exact=exact, sample=shown)
