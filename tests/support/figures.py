"""What the statistics should say, from a scan of all rows: written without taskmill's own tally."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from taskmill.aws.dynamodb.codec import decode_item
from taskmill.testing.dynamodb import MemoryTable

HOUR = 3_600_000
ENDS = {"COMPLETED": "completed", "FAILED": "failed", "CANCELLED": "cancelled"}
Figures = dict[tuple[str, str], Counter[Any]]


def rows_of(table: MemoryTable) -> list[dict[str, Any]]:
    return [decode_item(item) for item in table.items()]


def task_rows(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row.get("row") in ("TASK", "SFN_TASK")]


def statuses_in(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """How many tasks there are in each status, by tenant and type."""
    found: Figures = defaultdict(Counter)
    for row in task_rows(rows):
        found[_place(row)][row["status"]] += 1
    return dict(found)


def events_in(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """What happened in each hour, as the histories of all rows have it."""
    found: Figures = defaultdict(Counter)
    for row in task_rows(rows):
        events = found[_place(row)]
        events[row["createdAt"] // HOUR, "created"] += 1
        before = None
        for number, (status, at, *_) in enumerate(row.get("history", [])):
            if status in ENDS:
                events[at // HOUR, ENDS[status]] += 1
            elif status == "ERRORED":
                events[at // HOUR, "errored"] += 1
            elif status == "CREATED" and number and before in ENDS:
                events[at // HOUR, "retried"] += 1
            before = status
    return dict(found)


def tallied_statuses(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """The gauge rows, in the form of `statuses_in`."""
    found: Figures = {}
    for row in rows:
        if row["pk"].startswith("STAT#") and row["pk"].count("#") == 1:
            counts = {name: n for name, n in row.items() if name.isupper() and n}
            if counts:
                found[row["pk"].split("#")[1], row["sk"]] = Counter(counts)
    return found


def tallied_events(rows: Iterable[Mapping[str, Any]]) -> Figures:
    """The hour rows, in the form of `events_in`."""
    found: Figures = defaultdict(Counter)
    names = {"created", "completed", "failed", "cancelled", "errored", "retried"}
    for row in rows:
        if row["pk"].startswith("STAT#") and row["pk"].count("#") == 2:
            hour = _hour(row["pk"].split("#")[2], row["sk"].split("#")[1])
            place = row["pk"].split("#")[1], row["sk"].split("#")[0]
            found[place].update({(hour, n): row[n] for n in names if row.get(n)})
    return dict(found)


def _hour(day: str, hour: str) -> int:
    from datetime import UTC, datetime

    moment = datetime.strptime(day + hour, "%Y%m%d%H").replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000) // HOUR


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["pk"].split("#")[1], row["sk"].split("#")[0]
