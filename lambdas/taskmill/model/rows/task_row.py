"""The table row of a task, step function task or subtask, with Python's field names.

Rows are plain dataclasses: every function imports them on a cold start, and importing pydantic
would add 140 ms. The pydantic models that callers see are in `views.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import FINAL, Status

HISTORY_LIMIT = 32  # the newest entries are kept
EMPTY: Mapping[str, Any] = MappingProxyType({})
TASK_ROWS = frozenset({"TASK", "SFN_TASK", "SUBTASK"})
DEFAULT_NOTIFY = "each"  # stored in every row: the stream's filters need a value


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A task, step function task or subtask. Times are epoch milliseconds, `ttl` epoch seconds.

    `input` is JSON text; a larger one is stored elsewhere and `input_ref` refers to it.
    `attributes` holds `result` (JSON text) or `resultRef`, `error`, `progress`, `counts`, and
    whatever callers add.

    A child has `parent` and `root` (keys as text), `depth` (levels below its root), `parent_run`
    (the run of its parent in which it counts), `awaited` (its parent waits for it) and `counted`
    (its end was added to its parent's tally). The tally is in the parent's row: `child_count`
    (children announced in this run), `trail` (a hash of their names), `awaited_done` of
    `awaited_total`, and `children_completed`, `children_failed` and `children_cancelled`. Once
    the parent's function has returned, `settlement` holds the numbers expected of these.

    `callbacks` are pairs of event ("success", "failure", "completion") and task type. `direct`
    marks a task that its submitter runs itself; it goes to the queue only if the submitter dies.
    `resent` counts how often its message was sent again after it had become a dead letter, and
    `resent_for` has the ids of these dead letters.
    """

    key: TaskKey
    status: Status
    name: str | None = None
    input: str | None = None
    input_ref: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    attempts: int = 0
    max_attempts: int | None = None
    lease_until: int | None = None
    fence: str | None = None
    retry_at: int | None = None
    run_at: int | None = None
    run: int = 1
    created_at: int | None = None
    updated_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    created_by: str | None = None
    created_ip: str | None = None
    request_id: str | None = None
    parent: str | None = None
    parent_run: int | None = None
    root: str | None = None
    depth: int | None = None
    awaited: bool | None = None
    counted: bool | None = None
    child_count: int | None = None
    trail: str | None = None
    awaited_total: int | None = None
    awaited_done: int | None = None
    children_completed: int | None = None
    children_failed: int | None = None
    children_cancelled: int | None = None
    settlement: Mapping[str, int] | None = None
    stalls: int | None = None
    resent: int | None = None
    resent_for: Sequence[str] = ()
    callbacks: tuple[tuple[str, str], ...] = ()
    schedule: str | None = None
    log_ids: Mapping[str, str] | None = None
    runner: str | None = None
    priority: str | None = None
    direct: bool | None = None
    batch_size: int | None = None
    max_concurrency: int | None = None
    tolerated_failures: str | None = None
    notify: str | None = None
    notify_id: str | None = None
    split_run: int | None = None
    history: tuple[tuple[str, int, int], ...] = ()
    version: int = 1
    ttl: int | None = None
    attention: str | None = None

    @property
    def kind(self) -> str:
        return "SUBTASK" if self.key.index is not None else str(self.key.kind)

    @property
    def ended(self) -> bool:
        return self.status in FINAL

    def to_values(self) -> dict[str, Any]:
        """The row as a DynamoDB item with the table's attribute names, empty ones left out."""
        values: dict[str, Any] = self.key.stored._asdict()
        values["row"] = self.kind
        for name, stored_name in TABLE_NAMES.items():
            value = getattr(self, name)
            if value is not None and value != ():
                values[stored_name] = value
        values["attributes"] = dict(self.attributes)
        if self.key.index is None:
            values["code"] = self.key.code
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        known = {_FIELDS[name]: value for name, value in values.items() if name in _FIELDS}
        known["key"] = TaskKey.from_stored(values["pk"], values["sk"])
        known["status"] = Status(known["status"])
        known.setdefault("attributes", EMPTY)
        known["history"] = tuple(tuple(entry) for entry in known.get("history", ()))
        if "callbacks" in known:
            known["callbacks"] = tuple((event, kind) for event, kind in known["callbacks"])
        return cls._of(known)

    def but(self, **changes: Any) -> Self:
        """A copy of the row with these fields changed.

        Raises:
            TypeError: There is no such field.
        """
        if not changes.keys() <= self.__dataclass_fields__.keys():
            raise TypeError(f"a row has no {', '.join(changes.keys() - self.__dataclass_fields__)}")
        return self._of({**self.__dict__, **changes})

    @classmethod
    def _of(cls, known: Mapping[str, Any]) -> Self:
        """A row with these fields, all others at their defaults.

        Bypasses the dataclass's `__init__`, which sets all fifty fields one by one and would take
        half of the time needed to read a row.
        """
        row = object.__new__(cls)
        row.__dict__.update(known)
        return row

    def history_with(self, status: Status, now: int) -> list[list[Any]]:
        """The history after a move, trimmed to leave room for two more entries below the limit."""
        entries = [list(entry) for entry in self.history]
        return [*entries, [str(status), now, self.attempts]][-(HISTORY_LIMIT - 2) :]


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A row's attributes, with the result parsed from its JSON text."""
    plain = dict(attributes)
    if "result" in plain:
        plain["result"] = json.loads(plain["result"])
    return plain


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)


TABLE_NAMES: Mapping[str, str] = {each.name: camel(each.name) for each in fields(TaskRow)[1:]}
_FIELDS: Mapping[str, str] = {table: name for name, table in TABLE_NAMES.items()}


def is_fan_out(key: TaskKey) -> bool:
    return key.kind is Kind.SFN_TASK and key.index is None
