"""However the stream is delivered, the statistics are what a scan of the table finds."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from tests.support.builders import NOW
from tests.support.figures import (
    events_in,
    rows_of,
    statuses_in,
    tallied_events,
    tallied_statuses,
)
from tests.support.shards import deliver_all, sharded

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.aws.dynamodb.statistics import StatisticsStore
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import MOVES, Status
from taskmill.tally.groups import Groups
from taskmill.tally.tally import Tally
from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.schema import TABLE_SCHEMA

RUNS = 200
CHANGES = 100
MINUTE = 60_000


class Crash(Exception):
    """The function is gone."""


class CrashingTable(MemoryTable):
    """A table whose writer dies now and then, before a write or after it."""

    def die_at(self, by: random.Random, share: float) -> None:
        self._by, self._share = by, share

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._dying(super().put_item, request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._dying(super().update_item, request)

    def _dying(self, write: Any, request: dict[str, Any]) -> dict[str, Any]:
        dies = self._by.random()
        if dies < self._share:
            raise Crash
        answer: dict[str, Any] = write(**request)
        if dies < 2 * self._share:
            raise Crash
        return answer


def tally_over(table: MemoryTable, clock: int = NOW) -> Tally:
    store = StatisticsStore(Table(table, "tasks"))
    return Tally(store=store, groups=Groups(store), clock=lambda: clock)


def changed(row: TaskRow, status: Status, at: int, by: random.Random) -> TaskRow:
    """The row after a move, as taskmill writes it."""
    again = row.ended
    history = (*row.history, (str(status), at, 0))[-30:]
    ended = status in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    failed = status is Status.FAILED
    kind = by.choice(["ValueError", "KeyError"])
    return row.but(
        status=status,
        history=history,
        updated_at=at,
        run=row.run + again,
        finished_at=at if ended else None,
        attributes={"error": {"type": kind, "message": "no", "stack": "…"}} if failed else {},
        version=row.version + 1,
    )


def live(table: MemoryTable, by: random.Random) -> list[dict[str, Any]]:
    """Let tasks come, move, be retried, and expire. Returns the rows that have expired."""
    rows: dict[TaskKey, TaskRow] = {}
    gone: list[dict[str, Any]] = []
    at = NOW
    for number in range(CHANGES):
        at += by.randint(0, 2 * MINUTE)
        if not rows or by.random() < 0.25:
            kind = by.choice([Kind.TASK, Kind.SFN_TASK])
            key = TaskKey(kind, "a", by.choice(["x", "y"]), f"c{number}")
            history = (("CREATED", at, 0),)
            row = TaskRow(
                key=key, status=Status.CREATED, created_at=at, updated_at=at, history=history
            )
        else:
            row = by.choice([*rows.values()])
            if len(row.history) > 25 or (row.ended and by.random() < 0.3):
                del rows[row.key]
                gone.append(row.to_values())
                table.delete_item(Key=encode_item(row.key.stored._asdict()))
                continue
            if row.ended and row.status is Status.COMPLETED:
                continue
            targets = sorted(MOVES[row.status] - {row.status}) or [Status.CREATED]
            row = changed(row, by.choice(targets), at, by)
        rows[row.key] = row
        table.put_item(Item=encode_item(row.to_values()))
    return gone


def test_every_figure_equals_a_scan_however_the_stream_is_delivered() -> None:
    crashes = 0
    for seed in range(RUNS):
        by = random.Random(seed)  # noqa: S311  # no secret
        table = CrashingTable(TABLE_SCHEMA)
        table.die_at(by, 0)
        gone = live(table, by)
        shards = sharded(list(table.records), by)
        table.die_at(by, 0.02)

        crashes += deliver_all(shards, lambda r, s, t=table: tally_over(t).handle(r, s), by, Crash)

        rows = rows_of(table)
        assert tallied_statuses(rows) == statuses_in(rows), seed
        assert tallied_events(rows) == events_in([*rows, *gone]), seed
        assert groups_in(rows) == failures_in(rows, gone), seed
        assert ages_in(rows) == waiting_in(rows), seed
    assert crashes > RUNS // 2


def groups_in(rows: list[dict[str, Any]]) -> Counter[Any]:
    """By tenant, type and type of error: how many are open, and how many there were."""
    found: Counter[Any] = Counter()
    for row in rows:
        if row["pk"].startswith("ERR#"):
            place = row["pk"].split("#")[1], row["sk"].split("#")[1], row["errorType"]
            found[*place, "open"] += row.get("open", 0)
            hours = sum(n for name, n in row.items() if name.startswith("hour#"))
            assert hours <= row["count"]
            found[*place[:2], "count"] += row["count"]
    return +found


def failures_in(rows: list[dict[str, Any]], gone: list[dict[str, Any]]) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        if row.get("status") == "FAILED":
            error = row["attributes"]["error"]["type"]
            found[row["pk"].split("#")[1], row["sk"].split("#")[0], error, "open"] += 1
    for (tenant, kind), events in events_in([*rows, *gone]).items():
        for (_, name), count in events.items():
            if name == "failed":
                found[tenant, kind, "count"] += count
    return found


def ages_in(rows: list[dict[str, Any]]) -> Counter[Any]:
    return Counter(
        {
            (row["pk"], row["sk"]): sum(n for name, n in row.items() if name.startswith("since#"))
            for row in rows
            if row["pk"].startswith("STAT#") and row["pk"].count("#") == 1
        }
    )


def waiting_in(rows: list[dict[str, Any]]) -> Counter[Any]:
    waiting = ("CREATED", "SCHEDULED", "QUEUED", "ERRORED")
    return Counter(
        (f"STAT#{row['pk'].split('#')[1]}", row["sk"].split("#")[0])
        for row in rows
        if row.get("status") in waiting
    )


@pytest.mark.parametrize("digits", [21, 40])
def test_a_change_is_counted_once_whatever_the_length_of_its_number(digits: int) -> None:
    table = MemoryTable(TABLE_SCHEMA)
    row = TaskRow(
        key=TaskKey(Kind.TASK, "a", "x", "c"),
        status=Status.CREATED,
        created_at=NOW,
        history=(("CREATED", NOW, 0),),
    )
    table.put_item(Item=encode_item(row.to_values()))
    (record,) = table.records
    numbers = ["9", "1" + "0" * (digits - 1)]
    for number in [*numbers, *numbers]:
        record["dynamodb"]["SequenceNumber"] = number
        tally_over(table).handle([record], "-")

    gauge = decode_item(table.get_item(Key=encode_item({"pk": "STAT#a", "sk": "x"}))["Item"])
    assert gauge["CREATED"] == 2
