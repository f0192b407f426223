"""What a change of a task's row adds to the rows of the statistics. Pure functions, no AWS.

Subtasks count with their fan-out, when that ends: its finish has summed their batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.model.error_details import TYPE_LIMIT
from taskmill.model.keys import StoredKey
from taskmill.model.rows.row_change import Change, Row
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.histograms import bucket_of
from taskmill.model.statistics.names import (
    HOUR_MS,
    OF_HOUR,
    RUN,
    WAIT,
    gauge_key,
    group_key,
    hour_key,
)
from taskmill.model.statuses import COUNTED, Status
from taskmill.tally.gauges import failed_now, fingerprint_in, numbers, own_error, settled_in
from taskmill.tally.waits import spans

MESSAGE_LIMIT = 300  # characters of a group's message
_SENSELESS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Addition:
    """What is added to one row of the statistics.

    Attributes:
        adds: Numbers to add, by attribute.
        first: Attributes to set if the row has none of them yet.
        last: Attributes to set.
        error: Of a group: the whole error of its latest occurrence, if the change has it.
    """

    key: StoredKey
    adds: Mapping[str, int]
    first: Mapping[str, Any] = field(default_factory=dict)
    last: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None


def additions(change: Change) -> Iterator[Addition]:
    """All that a change adds; nothing for one of other rows than tasks and fan-outs."""
    old, new = _counted(change.old), _counted(change.new)
    row = new or old
    if row is None:
        return
    if moved := _less(numbers(new), numbers(old)):
        yield Addition(gauge_key(row.key.tenant, row.key.type), moved)
    for hour, added in _events(old, new).items():
        yield Addition(hour_key(row.key.tenant, row.key.type, hour * HOUR_MS), added)
    yield from _groups(old, new, row)


def readable_additions(change: Change) -> Iterator[Addition]:
    """As `additions`; an image whose values make no sense counts for nothing, before and after.

    So a row that somebody wrote by hand does not stop its shard.
    """
    return additions(Change(_sensible(change.old), _sensible(change.new)))


def _sensible(row: Row | None) -> Row | None:
    try:
        return row if [*additions(Change(None, row))] else None
    except _SENSELESS:
        return None


def _counted(row: object) -> TaskRow | None:
    return row if isinstance(row, TaskRow) and row.key.index is None else None


def _less(new: Mapping[str, int], old: Mapping[str, int]) -> dict[str, int]:
    """The difference, without zeros."""
    found = {name: new.get(name, 0) - old.get(name, 0) for name in {**new, **old}}
    return {name: count for name, count in found.items() if count}


def _events(old: TaskRow | None, new: TaskRow | None) -> dict[int, dict[str, int]]:
    """What happened, by the number of its hour."""
    found: dict[int, dict[str, int]] = {}
    if new is None:
        return found
    now = new.updated_at or new.created_at or 0
    if _is_new(old, new):
        _note(found, new.created_at or now, created=1)
    elif old is not None and old.ended and not new.ended:
        _note(found, now, retried=1)
    if _enters(old, new, Status.ERRORED):
        _note(found, now, errored=1)
    if _ends(old, new):
        _note(found, new.finished_at or now, **{COUNTED[new.status]: 1}, **_durations(new))
    settled = settled_in(new)
    if settled and not _same_run(settled_in(old), settled):
        outcomes = {f"subtasks{each.title()}": settled.get(each, 0) for each in COUNTED.values()}
        _note(found, now, **{name: count for name, count in outcomes.items() if count})
    return found


def _note(found: dict[int, dict[str, int]], at: int, **added: int) -> None:
    hour = found.setdefault(at // HOUR_MS, {})
    for name, count in added.items():
        hour[name] = hour.get(name, 0) + count


def _is_new(old: TaskRow | None, new: TaskRow) -> bool:
    """Whether the row is of another task than before: its key may be used again."""
    return old is None or old.created_at != new.created_at


def _enters(old: TaskRow | None, new: TaskRow, status: Status) -> bool:
    if new.status is not status:
        return False
    same = old is not None and not _is_new(old, new) and old.status is status
    return not same or old.attempts != new.attempts  # type: ignore[union-attr]


def _ends(old: TaskRow | None, new: TaskRow) -> bool:
    if not new.ended:
        return False
    return old is None or _is_new(old, new) or not old.ended or old.run != new.run


def _durations(row: TaskRow) -> dict[str, int]:
    waited, ran = spans(row)
    found: dict[str, int] = {}
    if waited is not None:
        found |= {f"{WAIT}{bucket_of(waited)}": 1, "waits": 1, "waitMs": waited}
    if ran is not None:
        found |= {f"{RUN}{bucket_of(ran)}": 1, "runs": 1, "runMs": ran}
    return found


def _same_run(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> bool:
    return old is not None and old.get("run") == new.get("run")


def _groups(old: TaskRow | None, new: TaskRow | None, row: TaskRow) -> Iterator[Addition]:
    """To each error group: how many are FAILED more or less than before, and what is new."""
    standing = _less(failed_now(new), failed_now(old))
    occurred = _occurrences(old, new)
    for mark in {**occurred, **standing}:
        adds = {"open": standing[mark]} if mark in standing else {}
        key = group_key(row.key.tenant, mark, row.key.type)
        if mark in occurred:
            yield occurred[mark].to(key, adds)
        else:
            yield Addition(key, adds)


@dataclass(frozen=True, slots=True)
class _Occurrence:
    n: int
    at: int
    task: str
    error: Mapping[str, Any]

    def to(self, key: StoredKey, adds: Mapping[str, int]) -> Addition:
        text = {
            "errorType": str(self.error["type"])[:TYPE_LIMIT],
            "message": str(self.error.get("message", ""))[:MESSAGE_LIMIT],
        }
        return Addition(
            key,
            {**adds, "count": self.n, f"{OF_HOUR}{self.at // HOUR_MS}": self.n},
            first={**text, "firstAt": self.at},
            last={"lastAt": self.at, "lastKey": self.task},
            error=self.error,
        )


def _occurrences(old: TaskRow | None, new: TaskRow | None) -> dict[str, _Occurrence]:
    """The errors that occurred with this change, by fingerprint."""
    found: dict[str, _Occurrence] = {}
    if new is None:
        return found
    at = new.finished_at or new.updated_at or 0
    settled = settled_in(new)
    if settled and not _same_run(settled_in(old), settled):
        for mark, entry in settled.get("errors", {}).items():
            task = str(new.key.subtask(int(entry.get("index", 0))))
            if occurred := int(entry.get("new", entry["n"])):
                found[mark] = _Occurrence(occurred, at, task, entry)
    if _ends(old, new) and (error := own_error(new)) is not None:
        mark = fingerprint_in(new, error)
        found[mark] = _Occurrence(1, at, str(new.key), {"type": "Error", **error})
    return found
