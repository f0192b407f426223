"""Holds: which task has a key to itself, in a row of its own beside the tasks.

A hold's row names its task and that task's run. Every change of it demands that it is as it was
seen, so whoever decides by an old view changes nothing. See docs/decisions/0051.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.keys import Kind, StoredKey, TaskKey
from taskmill.model.rows.task_row import TaskRow

HOLD_SHARDS = 8  # partitions for the holds of one tenant
# The first letter of a task's `unique`: until when it holds its key, and which row says so.
UNTIL_END, UNTIL_START, DEBOUNCED, BY_SCHEDULE = "e", "s", "d", "o"
HOLD_ROWS: Mapping[str, str] = {
    UNTIL_END: "UNIQUE",
    UNTIL_START: "UNIQUE",
    DEBOUNCED: "DEBOUNCE",
    BY_SCHEDULE: "OVERLAP",
}


@dataclass(frozen=True, slots=True)
class HoldId:
    """What is held: a key of a task type of a tenant.

    Attributes:
        kind: `UNTIL_END`, `UNTIL_START`, `DEBOUNCED` or `BY_SCHEDULE`.
    """

    tenant: str
    type: str
    kind: str
    key: str

    @classmethod
    def of(cls, row: TaskRow) -> Self | None:
        """What a task holds, or has held; None: nothing, as most tasks do."""
        if row.unique is None or row.unique[:1] not in HOLD_ROWS:
            return None
        return cls(row.key.tenant, row.key.type, row.unique[:1], row.unique[2:])

    @property
    def row(self) -> str:
        """What the attribute `row` of its row is."""
        return HOLD_ROWS[self.kind]

    @property
    def stored(self) -> StoredKey:
        sort = f"{self.type}#{self.key}"
        shard = zlib.crc32(sort.encode()) % HOLD_SHARDS
        return StoredKey(f"{self.row}#{self.tenant}#{shard}", sort)

    def task(self, code: str) -> TaskKey:
        """The key of a task that holds it."""
        return TaskKey(Kind.TASK, self.tenant, self.type, code)

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a key.

    Attributes:
        task: The code of the task.
        run: The run in which it holds the key.
        waits: The code of the one that gets it next ("coalesce").
        since: When the task was submitted, in epoch ms.
    """

    task: str
    run: int = 1
    waits: str | None = None
    since: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Self | None:
        if values is None:
            return None
        return cls(
            task=str(values["task"]),
            run=int(values["run"]),
            waits=values.get("waits"),
            since=values.get("since"),
        )

    def to_values(self) -> dict[str, Any]:
        values = {"task": self.task, "run": self.run, "waits": self.waits, "since": self.since}
        return {name: value for name, value in values.items() if value is not None}


def is_debounced(row: TaskRow) -> bool:
    """Whether further submits of its key put a task off until it begins."""
    return row.unique is not None and row.unique.startswith(DEBOUNCED)


def holds(hold: HoldId, row: TaskRow | None) -> bool:
    """Whether a task that its hold's row names holds the key; it may have ended meanwhile."""
    theirs = HoldId.of(row) if row is not None else None
    if row is None or row.ended or theirs is None or theirs.stored != hold.stored:
        return False
    return theirs.kind in (UNTIL_END, BY_SCHEDULE) or not row.has_begun
