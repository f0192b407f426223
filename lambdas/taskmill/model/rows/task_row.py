"""The row of a task, step function task or subtask, in Python's names.

A plain dataclass, as all rows are: they are on the cold-start path of every function, which should
not pay the 140 ms of importing pydantic. `views.py` holds what callers see.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import FINAL, Status

HISTORY_LIMIT = 32  # entries kept, the newest
EMPTY: Mapping[str, Any] = MappingProxyType({})
TASK_ROWS = frozenset({"TASK", "SFN_TASK", "SUBTASK"})
DEFAULT_NOTIFY = "each"  # in every task's row: the stream's filters cannot ask for what is absent


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A task, step function task or subtask. Times are epoch milliseconds, `ttl` epoch seconds.

    `input` is JSON text; a larger one lies in the bucket under `input_ref`. `attributes` holds
    `result` (JSON text) or `result_ref`, `error`, `progress`, `counts`, and what callers add.

    A child has `parent` and `root` (keys as text), `depth` below its root, `parent_run` (the run
    of its parent that it counts for), `awaited` (its parent waits for it) and `counted` (its end
    was added to its parent's tally). A parent has the tally: `child_count` children announced in
    this run, `trail` the digest of their names, `awaited_done` of `awaited_total`, the three
    counts by outcome, and once it returned the `settlement` that those are held against.

    `callbacks` are pairs of event ("success", "failure", "completion") and task type. `direct`
    marks a task that its submitter runs; the queue gets it only if that submitter dies.
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
        """The row's attributes under the table's names, absent ones left out."""
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
        """The row with other values of these fields.

        Raises:
            TypeError: There is no such field.
        """
        if not changes.keys() <= self.__dataclass_fields__.keys():
            raise TypeError(f"a row has no {', '.join(changes.keys() - self.__dataclass_fields__)}")
        return self._of({**self.__dict__, **changes})

    @classmethod
    def _of(cls, known: Mapping[str, Any]) -> Self:
        """A row of these fields, all others at their defaults.

        The dataclass's own way there sets all fifty one by one, in half of the time that reading
        a row takes.
        """
        row = object.__new__(cls)
        row.__dict__.update(known)
        return row

    def history_with(self, status: Status, now: int) -> list[list[Any]]:
        """The history after a move, trimmed so that two appended marks still fit the limit."""
        entries = [list(entry) for entry in self.history]
        return [*entries, [str(status), now, self.attempts]][-(HISTORY_LIMIT - 2) :]


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """A row's attributes with the result as a value rather than as JSON text."""
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
