"""Starts that tasks were granted by their rate limits, in their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.flow_control.rates import RateStore
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.flow_control.reservations import Pace
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


@dataclass(frozen=True, kw_only=True)
class RateGrants:
    """Takes units for attempts, and writes into the rows of their tasks when they may start."""

    table: Table
    rates: RateStore
    clock: Clock

    def grant(self, rows: Sequence[TaskRow]) -> list[TaskRow | None]:
        """Take what the next attempt of each task needs, together for those of one limit.

        A new task becomes QUEUED, or SCHEDULED if it has to wait; others keep their status.

        Returns:
            The rows with their `rate_at`; None for each that has changed since it was read. What
            was taken for it is lost, so that others start later than they could.
        """
        starts = self._starts(rows)
        now = self.clock()
        granted = [_granted(row, at, now) for row, at in zip(rows, starts, strict=True)]
        updates = [_update(before, after, now) for before, after in zip(rows, granted, strict=True)]
        done = self.table.update_many(updates)
        return [row if each else None for row, each in zip(granted, done, strict=True)]

    def grant_soon(self, row: TaskRow, *, within_ms: int) -> TaskRow | None:
        """As `grant`, for a task that has slots, if its start is no further away.

        Otherwise the task becomes SCHEDULED: it stands in the line of its limits until `line_at`,
        and gives its slots back, as rows that are SCHEDULED do.

        Returns:
            The row as it is now; None if it has changed since it was read.
        """
        passes = row.line_at is not None
        starts = list[int]()
        for limit, pace, units in _takes(row):
            at = self.rates.take_soon(limit, units, pace, within_ms=within_ms, passes=passes)
            if at is None:
                return self._lined_up(row)
            starts.append(at)
        now = self.clock()
        return self._written(row, _granted(row, max(starts), now), now)

    def _lined_up(self, row: TaskRow) -> TaskRow | None:
        places = [self.rates.line_up(limit, units, pace) for limit, pace, units in _takes(row)]
        now = self.clock()
        return self._written(row, _in_line(row, max(places), now), now)

    def _written(self, before: TaskRow, after: TaskRow, now: int) -> TaskRow | None:
        return after if self.table.update_many([_update(before, after, now)]) == [True] else None

    def paused_until(self, row: TaskRow) -> int:
        """Until when the rate limits of a task are paused, in epoch ms; 0: they are not."""
        return self.rates.paused_until([LimitId.from_text(each[0]) for each in row.rates])

    def _starts(self, rows: Sequence[TaskRow]) -> list[int]:
        """When each task may start: when the last of its limits lets it."""
        asked: defaultdict[tuple[LimitId, Pace], list[tuple[int, int]]] = defaultdict(list)
        for place, row in enumerate(rows):
            for limit, pace, units in _takes(row):
                asked[limit, pace].append((place, units))
        starts = [0] * len(rows)
        for (limit, pace), takes in asked.items():
            wanted = [each for _, each in takes]
            told = self.rates.take(limit, wanted, pace)
            for (place, _), at in zip(takes, told, strict=True):
                starts[place] = max(starts[place], at)
        return starts


def _granted(row: TaskRow, at: int, now: int) -> TaskRow:
    changed = row.but(rate_at=at, version=row.version + 1, updated_at=now)
    if row.status is not Status.CREATED:
        return changed
    status = Status.SCHEDULED if at > now and row.slots is None else Status.QUEUED
    return changed.but(status=status)


def _in_line(row: TaskRow, at: int, now: int) -> TaskRow:
    """The row of a task that gives its slots back until it has come to the end of the line."""
    return row.but(
        status=Status.SCHEDULED, rate_at=None, line_at=at, version=row.version + 1, updated_at=now
    )


def _takes(row: TaskRow) -> Iterator[tuple[LimitId, Pace, int]]:
    for limit, units, rate, per_seconds, burst in row.rates:
        yield LimitId.from_text(limit), Pace(rate, per_seconds, burst), units


def _update(before: TaskRow, after: TaskRow, now: int) -> Update:
    times = {"rateAt": after.rate_at, "lineAt": after.line_at}
    sets: dict[str, Any] = {name: at for name, at in times.items() if at is not None}
    sets |= {"version": after.version, "updatedAt": now}
    if after.status is not before.status:
        sets |= {"status": after.status, "history": before.history_with(after.status, now)}
    where: Mapping[str, Any] = {"status": before.status, "version": before.version}
    removes = ["rateAt"] if after.rate_at is None else []
    return Update(key=before.key.stored, sets=sets, removes=removes, where=where)
