"""Reads the statistics: present numbers and history."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from taskmill.aws.dynamodb.statistics import StatisticsStore
from taskmill.model.api.statistics import (
    Bucket,
    Durations,
    History,
    Statistics,
    SubtaskOutcomes,
    TypeStatistics,
)
from taskmill.model.clock import to_datetime
from taskmill.model.errors import InvalidRequest
from taskmill.model.statistics.histograms import percentile
from taskmill.model.statistics.names import (
    EVENTS,
    RUN,
    WAIT,
    WAITING,
    WAITING_MS,
    day_partition,
    gauge_partition,
)
from taskmill.model.statuses import COUNT_NAMES, Status
from taskmill.service.parts import ServiceParts

By = Literal["hour", "day"]
DEFAULT_HOURS = 48
MOST_DAYS = 100  # of one request; each day is a query


@dataclass(frozen=True, kw_only=True)
class StatisticsReads(ServiceParts):
    """Read operations on the statistics, which may be a minute or more behind the table."""

    def statistics(self, *, tenant_code: str) -> Statistics:
        """How many tasks are in which status, by type."""
        return self.tagged_statistics(tenant_code=tenant_code)[0]

    def tagged_statistics(self, *, tenant_code: str) -> tuple[Statistics, str]:
        """As `statistics`, with a text that changes whenever they do."""
        rows = list(StatisticsStore(self.tasks.table).of(gauge_partition(tenant_code)))
        versions = ",".join(f"{row['sk']}={row['version']}" for row in rows)
        now = self.clock()
        found = Statistics(
            as_of=to_datetime(max((row["asOf"] for row in rows), default=None)),
            types=tuple(each for row in rows if (each := _type(row, now)).counts),
        )
        return found, hashlib.sha256(versions.encode()).hexdigest()[:16]

    def statistics_history(
        self,
        *,
        tenant_code: str,
        since: datetime | None = None,
        until: datetime | None = None,
        type: str | None = None,  # noqa: A002  # the field's name
        by: By = "hour",
    ) -> History:
        """What happened in each hour or day.

        Args:
            since: Aware; default: 48 hours before `until`.
            until: Aware; default: now.
            type: Only tasks of this type.

        Raises:
            InvalidRequest: The time is over 100 days long, or ends before it begins.
        """
        until = until or datetime.fromtimestamp(self.clock() / 1000, UTC)
        since = since or until - timedelta(hours=DEFAULT_HOURS)
        if not since <= until <= since + timedelta(days=MOST_DAYS):
            raise InvalidRequest(
                f"from one time to a later one, {MOST_DAYS} days at most", field="to"
            )
        sums: dict[tuple[datetime, str], Counter[str]] = defaultdict(Counter)
        for start, task_type, row in self._hours(tenant_code, since, until, type):
            place = start if by == "hour" else start.replace(hour=0)
            sums[place, task_type].update(_numbers(row))
        return History(buckets=tuple(_bucket(*place, sums[place]) for place in sorted(sums)))

    def _hours(
        self, tenant: str, since: datetime, until: datetime, task_type: str | None
    ) -> Iterator[tuple[datetime, str, Mapping[str, Any]]]:
        store = StatisticsStore(self.tasks.table)
        begins = None if task_type is None else f"{task_type}#"
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        first = since.replace(minute=0, second=0, microsecond=0)
        day = first.replace(hour=0)
        while day <= until:
            for row in store.of(day_partition(tenant, f"{day:%Y%m%d}"), begins=begins):
                name, _, hour = row["sk"].rpartition("#")
                start = day.replace(hour=int(hour))
                if first <= start <= until:
                    yield start, name, row
            day += timedelta(days=1)


def _type(row: Mapping[str, Any], now: int) -> TypeStatistics:
    counts = {str(each): row[each] for each in Status if row.get(each, 0) > 0}
    return TypeStatistics(type=row["sk"], counts=counts, oldest_waiting_at=_oldest(row, now))


def _oldest(row: Mapping[str, Any], now: int) -> datetime | None:
    """Since when the oldest waiting task waits, at the latest; those due later do not wait yet."""
    steps = [
        int(name.removeprefix(WAITING))
        for name, count in row.items()
        if name.startswith(WAITING) and count > 0
    ]
    begun = [step for step in steps if step * WAITING_MS <= now]
    return to_datetime(min((min(begun) + 1) * WAITING_MS, now)) if begun else None


def _numbers(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: n for name, n in row.items() if isinstance(n, int) and name not in _NO_FIGURES}


_NO_FIGURES = frozenset({"ttl", "version"})


def _bucket(start: datetime, task_type: str, numbers: Mapping[str, int]) -> Bucket:
    return Bucket(
        start=start,
        type=task_type,
        **{name: numbers.get(name, 0) for name in EVENTS},
        wait=_durations(numbers, WAIT, "waits", "waitMs"),
        run=_durations(numbers, RUN, "runs", "runMs"),
        subtasks=SubtaskOutcomes(
            **{name: numbers.get(f"subtasks{name.title()}", 0) for name in COUNT_NAMES}
        ),
    )


def _durations(numbers: Mapping[str, int], start: str, count: str, total: str) -> Durations:
    buckets = {
        int(name.removeprefix(start)): n for name, n in numbers.items() if name.startswith(start)
    }
    return Durations(
        p50=percentile(buckets, 0.5),
        p95=percentile(buckets, 0.95),
        count=numbers.get(count, 0),
        sum_ms=numbers.get(total, 0),
    )
