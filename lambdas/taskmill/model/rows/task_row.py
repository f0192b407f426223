"""The table row of a task, step function task or subtask, with Python's field names.

Rows are plain dataclasses: every function imports them on a cold start, and importing pydantic
would add 140 ms. The pydantic models that callers see are in `views.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.history import HISTORY_LIMIT, NOBODY, Actor, Entry, entry_of
from taskmill.model.rows.readable import (
    ReadableRow,
    UnreadableRow,
    read_fields,
    reason_of,
    stored_fields,
)
from taskmill.model.statuses import FINAL, UNBEGUN, Status, status_of

EMPTY: Mapping[str, Any] = MappingProxyType({})
TASK_ROWS = frozenset({"TASK", "SFN_TASK", "SUBTASK"})
DEFAULT_NOTIFY = "each"  # stored in every row: the stream's filters need a value


@dataclass(frozen=True, kw_only=True)
class TaskRow(ReadableRow):
    """A task, step function task or subtask. Times are epoch milliseconds, `ttl` epoch seconds.

    `input` is JSON text; a larger one is stored elsewhere and `input_ref` refers to it.
    `attributes` holds `result` (JSON text) or `resultRef`, `error`, `progress`, `counts`, and
    whatever callers add.

    A child has `parent` and `root` (keys as text), `depth` (levels below its root), `parent_run`
    (the run of its parent in which it counts), `awaited` (its parent waits for it), `awaited_alone`
    (for no other child at that time) and `counted` (its end was added to its parent's tally). The
    tally is in the parent's row: `child_count` (children announced in this run), `trail` (a hash of
    their names), `awaited_done` of `awaited_total`, and `children_completed`, `children_failed` and
    `children_cancelled`. Once the parent's function has returned, `settlement` holds the numbers
    expected of these.

    `callback_budget` is how many callbacks may still follow from a task (None: a root, which has
    all of it), and `by_callback` says that a callback is among what caused it.

    A fan-out says in `rows` how its subtasks are stored (see `model/subtask_layout.py`),
    in `rows_ttl` when their rows expire, in `rows_stored` whether some may have been stored before
    their batches began, in `input_etag` which version of its input was split, and in `only` which
    of its subtasks a run is restricted to (see `model/chosen_subtasks.py`).
    `settled` has what its finish found out about the subtasks of a run, for the statistics.

    `callbacks` are pairs of event ("success", "failure", "completion") and task type. `direct`
    marks a task that its submitter runs itself; it goes to the queue only if the submitter dies.
    `expires_at` is when it must have begun, `deadline_at` when it must have ended; `timed_from`, if
    it is set, when these began to count (see `model/time_bounds.py`).
    `fingerprint` and `error_text` come and go with the error in `attributes`: what groups equal
    errors (see `model/fingerprints.py`), and its first 200 characters, for the index of failures.
    `gates` are the limits of concurrency that it needs slots of, as pairs of a limit's id and the
    number that its type declares; `slots` is how many slots it holds at each of them (None: none),
    `gate` the one that it waits at while it is PARKED, and `waiter` its place there. `rates` are
    the rate limits that an attempt takes units of: id, units, rate, seconds and burst; `rate_at` is
    when the next attempt may start, `line_at` when a task that gave its slots back, because its
    start was too far away, gets some again. `returned` counts attempts given back by `RetryAfter`.
    `reported` says that a caller once made it QUEUED, which does not prove that it has a message.
    `unique` is the key that it has to itself: what kind of a hold that is, and the key, as
    `model/flow_control/holds.py` has it; `on_conflict` is what its submit said of that key.
    `swept_at` is when a sweep last sent its message again.
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
    expires_at: int | None = None
    deadline_at: int | None = None
    timed_from: int | None = None
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
    awaited_alone: bool | None = None
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
    resent_for: tuple[str, ...] = ()
    callbacks: tuple[tuple[str, str], ...] = ()
    callback_budget: int | None = None
    by_callback: bool | None = None
    schedule: str | None = None
    log_ids: Mapping[str, str] | None = None
    runner: str | None = None
    pool: str | None = None
    priority: str | None = None
    direct: bool | None = None
    batch_size: int | None = None
    max_concurrency: int | None = None
    tolerated_failures: str | None = None
    notify: str | None = None
    notify_id: str | None = None
    split_run: int | None = None
    rows: int | None = None
    rows_ttl: int | None = None
    rows_stored: bool | None = None
    input_etag: str | None = None
    only: str | None = None
    settled: Mapping[str, Any] | None = None
    gates: tuple[tuple[str, int], ...] = ()
    slots: int | None = None
    gate: str | None = None
    waiter: str | None = None
    rates: tuple[tuple[str, int, int, int, int], ...] = ()
    rate_at: int | None = None
    line_at: int | None = None
    returned: int | None = None
    reported: bool | None = None
    unique: str | None = None
    on_conflict: str | None = None
    swept_at: int | None = None
    history: tuple[Entry, ...] = ()
    version: int = 1
    ttl: int | None = None
    attention: str | None = None
    fingerprint: str | None = None
    error_text: str | None = None

    @property
    def kind(self) -> str:
        return "SUBTASK" if self.key.index is not None else str(self.key.kind)

    @property
    def ended(self) -> bool:
        return self.status in FINAL

    @property
    def has_begun(self) -> bool:
        """Whether it has begun in this run, also if it waits for slots to go on: with its attempt.

        An attempt that is given back, as by a parent that waits for its children, does not count;
        but a claim's fence stays.
        """
        return self.status not in UNBEGUN or self.attempts > 0 or self.fence is not None

    @property
    def is_limited(self) -> bool:
        """Whether it needs a slot, or units of a rate limit, before an attempt may begin."""
        return bool(self.gates or self.rates)

    @property
    def is_awake(self) -> bool:
        """Whether it is suspended and can go on: all awaited children have ended and count."""
        waited_for = (self.awaited_done or 0) >= (self.awaited_total or 0)
        return self.status is Status.WAITING and waited_for

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
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of a task.
        """
        known = read_fields(values, _STORED)
        try:
            known["key"] = TaskKey.from_stored(values["pk"], values["sk"])
            known["status"] = status_of(known["status"])
            known["history"] = tuple(map(entry_of, known.get("history", ())))
            if "callbacks" in known:  # what a newer version adds to a pair is left out
                known["callbacks"] = tuple(
                    (str(each[0]), str(each[1])) for each in known["callbacks"]
                )
            for name in _LISTS & known.keys():
                known[name] = tuple(map(tuple, known[name]))
            _check_attributes(known.setdefault("attributes", EMPTY))
        except (InvalidKey, LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableRow(values, reason_of(error)) from None
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

    def history_with(self, status: Status, now: int, actor: Actor = NOBODY) -> list[list[Any]]:
        """The history after a move, trimmed to leave room for two more entries below the limit."""
        entries = [list(entry) for entry in self.history]
        entered = [str(status), now, self.attempts, *actor.tail]
        return [*entries, entered][-(HISTORY_LIMIT - 2) :]


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
_LISTS = {"gates", "rates"}
_STORED = stored_fields(TaskRow, TABLE_NAMES)
_OWN_ATTRIBUTES: Mapping[str, type[Any]] = {
    "result": str,
    "resultRef": str,
    "error": Mapping,
    "counts": Mapping,
}


def _check_attributes(attributes: Mapping[str, Any]) -> None:
    """Check those attributes that taskmill itself writes and reads.

    Raises:
        ValueError: One is of the wrong type.
    """
    for name in attributes.keys() & _OWN_ATTRIBUTES.keys():
        if not isinstance(attributes[name], _OWN_ATTRIBUTES[name]):
            raise ValueError(f"attributes.{name} is {attributes[name]!r:.60}")  # noqa: TRY004


def is_fan_out(key: TaskKey) -> bool:
    return key.kind is Kind.SFN_TASK and key.index is None
