"""Conditional writes of task rows: the changes, and the conditions on the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import INVALID, ConditionFailed, error_code
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import ttl_seconds
from taskmill.model.error_details import parted_error
from taskmill.model.errors import IllegalStatusChange, TaskNotFound
from taskmill.model.keys import Kind, TaskKey, attention_of
from taskmill.model.rows.history import HISTORY_LIMIT, NOBODY, Actor, Entry
from taskmill.model.rows.storable import storable
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import FINAL, RETRYABLE, UNBEGUN, Status
from taskmill.model.subtask_layout import rows_ttl

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Write:
    """One conditional write of a task's row. Names are the table's, or dotted paths into maps.

    Attributes:
        allowed: Condition: the present status is one of these.
        status: The new status; None: unchanged.
        entered: History entry to append (see `model/rows/history.py`). If the history is full, a
            second write removes the oldest entries.
        seen: Set `history` as given in `sets`, if the stored one has this many entries. If it has
            others, which somebody reported meanwhile, a second write keeps those: it changes the
            stored entries as `sets` has them, and appends `entered`.
        where: Condition: the row has these values.
        unless: Condition: the row has none of these values.
        without: Condition: the row has none of these attributes.
        in_time: Condition: at this time (epoch ms) the task has begun or not expired, its deadline
            has not passed, and it has the slots that its limits demand; one that has not begun has
            its start by its rate limits.
    """

    allowed: Sequence[Status]
    status: Status | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    removes: Sequence[str] = ()
    adds: Mapping[str, int] = field(default_factory=dict)
    entered: Entry | None = None
    seen: int | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    unless: Mapping[str, Any] = field(default_factory=dict)
    without: Sequence[str] = ()
    in_time: int | None = None

    def apply(self, table: Table, key: TaskKey, *, now: int) -> TaskRow:
        """Write, and return the new row. Its version grows by one.

        Raises:
            TaskNotFound: No row has this key; none is created.
            IllegalStatusChange: A condition failed; `details` has the present status.
            UnreadableRow: The row holds what does not allow this write.
        """
        values = self._sent(lambda request: request.send(table, key.stored), table, key, now)
        return TaskRow.from_values(values)

    def apply_unseen(self, table: Table, key: TaskKey, *, now: int) -> None:
        """As `apply`, but without returning the row, which is faster."""
        self._sent(lambda request: request.send_unseen(table, key.stored), table, key, now)

    def _sent(self, send: Callable[[UpdateRequest], T], table: Table, key: TaskKey, now: int) -> T:
        try:
            return send(self.request(now))
        except ClientError as error:
            stored = check_readable(table, key, error)
            if stored is None or "attributes" in stored:
                raise
            return self._with_map()._sent(send, table, key, now)  # noqa: SLF001  # of the same class
        except ConditionFailed as refused:
            before = (refused.old or {}).get("history")
            if not isinstance(before, list):
                raise self._refusal(key, refused) from None
            if self._is_overtaken(refused.old or {}):
                sets = {**self.sets, "history": self._merged(before)}
                merged = replace(self, sets=sets, seen=len(before))
                return merged._sent(send, table, key, now)  # noqa: SLF001  # of the same class
            if self.seen is not None:
                raise self._refusal(key, refused) from None
            if self.entered is None or len(before) < HISTORY_LIMIT:
                raise self._refusal(key, refused) from None
            kept = [*before[-(HISTORY_LIMIT - 2) :], list(self.entered)]
            trimmed = replace(self, sets={**self.sets, "history": kept}, entered=None)
            return trimmed._sent(send, table, key, now)  # noqa: SLF001  # of the same class

    def _is_overtaken(self, old: Mapping[str, Any]) -> bool:
        """Whether the write was refused only because the history has grown meanwhile."""
        holds = all(old.get(name) == value for name, value in self.where.items())
        same = holds and old.get("status") in self.allowed
        return same and self.seen is not None and len(old.get("history", [])) != self.seen

    def _merged(self, stored: Sequence[Sequence[Any]]) -> list[list[Any]]:
        """The stored history, with the attempts that this write knows, and its new entry."""
        known = {(status, at): attempt for status, at, attempt, *_ in self.sets["history"]}
        entries = [[s, at, known.get((s, at), n), *tail] for s, at, n, *tail in stored]
        return [*entries[-(HISTORY_LIMIT - 3) :], list(self.entered or ())]

    def _with_map(self) -> Write:
        """The same write of a row that has no map of attributes, which taskmill always stores."""
        start = "attributes."
        sets = {name: each for name, each in self.sets.items() if not name.startswith(start)}
        mine = {n.removeprefix(start): self.sets[n] for n in self.sets.keys() - sets.keys()}
        removes = [name for name in self.removes if not name.startswith(start)]
        return replace(self, sets={**sets, "attributes": mine}, removes=removes)

    def request(self, now: int) -> UpdateRequest:
        """The write as a request, for sending alone or in a transaction."""
        request = UpdateRequest()
        self._add_clauses(request, now)
        self._add_conditions(request)
        return request

    def _add_clauses(self, request: UpdateRequest, now: int) -> None:
        for name, value in {**self.sets, "updatedAt": now}.items():
            request.set(name, value)
        if self.status is not None:
            request.set("status", self.status)
        if self.seen is not None:
            request.require_size("history", self.seen)
        elif self.entered is not None:
            request.append("history", [list(self.entered)])
            request.require_room("history", HISTORY_LIMIT)
        for name in self.removes:
            request.remove(name)
        for name, amount in {"version": 1, **self.adds}.items():
            request.add(name, amount)

    def _add_conditions(self, request: UpdateRequest) -> None:
        request.require_status(self.allowed)
        for name, value in self.where.items():
            request.require(name, value)
        for name, value in self.unless.items():
            request.refuse(name, value)
        for name in self.without:
            request.refuse_any(name)
        if self.in_time is not None:
            request.require_in_time(self.in_time, _BEGUN)
            request.require_slots()
            request.require_start(self.in_time, _BEGUN)

    def _refusal(self, key: TaskKey, refused: ConditionFailed) -> Exception:
        if refused.old is None:
            return not_found(key)
        standing = refused.old.get("status")
        standing = standing if isinstance(standing, str) else "UNREADABLE"
        wanted = f"become {self.status}" if self.status else "be changed"
        return IllegalStatusChange(
            f"{key.label} is {standing} and cannot {wanted}", status=standing, **key.as_dict()
        )


_BEGUN = sorted(set(Status) - UNBEGUN - FINAL)

# What to remove with a row's error.
ERROR = ("attributes.error", "fingerprint", "errorText")

# Attributes to remove when a task starts again: the outcome of its last run, and its tally.
LAST_RUN = (
    "finishedAt",
    "ttl",
    "attention",
    "fence",
    "leaseUntil",
    "retryAt",
    "direct",
    "counted",
    "trail",
    "awaitedTotal",
    "awaitedDone",
    "childrenCompleted",
    "childrenFailed",
    "childrenCancelled",
    "settlement",
    "stalls",
    "attributes.callbacksRefused",
    "gate",
    "waiter",
    "rateAt",
    "lineAt",
    "returned",
    "sweptAt",
    "resent",
    "resentFor",
    *ERROR,
    "attributes.result",
    "attributes.resultRef",
    "attributes.progress",
)


def last_run(key: TaskKey) -> tuple[str, ...]:
    """`LAST_RUN` and, for a single task, `childCount`: the subtasks of a fan-out stay."""
    return (*LAST_RUN, "childCount") if key.kind is Kind.TASK else LAST_RUN


def reopened_from(key: TaskKey) -> frozenset[Status]:
    """The statuses that an explicit retry may leave.

    A fan-out may be COMPLETED, too, as it tolerates failures: callers check its counts, which stand
    as long as its run does.
    """
    return FINAL if is_fan_out(key) else RETRYABLE


def reopening(
    key: TaskKey,
    *,
    now: int,
    where: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    actor: Actor = NOBODY,
) -> Write:
    """Explicit retry: back to CREATED, in a new run, from what `reopened_from` says.

    Args:
        limits: Its new expiry and deadline, as `time_bounds.renewed` has them.
        actor: Who asked for it.
    """
    return Write(
        status=Status.CREATED,
        sets={"attempts": 0, **(limits or {})},
        removes=last_run(key),
        adds={"run": 1},
        allowed=sorted(reopened_from(key)),
        entered=(Status.CREATED, now, 0, *actor.tail),
        where=where or {},
        unless=unless or {},
    )


def check_readable(table: Table, key: TaskKey, error: ClientError) -> Mapping[str, Any] | None:
    """After a write that DynamoDB found invalid: whether that is because of the row.

    Returns:
        The row; None if there is none, or if the write failed for another reason.

    Raises:
        UnreadableRow: An attribute of it is no number, list or map where one must be.
    """
    values = table.get(key.stored) if error_code(error) in INVALID else None
    if values is not None:
        TaskRow.from_values(values)
    return values


def attribute_paths(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The paths and values to set to merge these into a row's attributes.

    Values that come from task code (errors, progress) are made storable. With an error come the
    row's `fingerprint` and `errorText`.
    """
    beside: dict[str, str] = {}
    if isinstance(attributes.get("error"), Mapping):
        error, beside = parted_error(attributes["error"])
        attributes = {**attributes, "error": error}
    return {f"attributes.{name}": storable(each) for name, each in attributes.items()} | beside


def ending(key: TaskKey, status: Status, *, now: int, retention_days: int) -> dict[str, Any]:
    """What to set together with a final status; empty for any other status."""
    if status not in FINAL:
        return {}
    given: dict[str, Any] = {"finishedAt": now}
    # A fan-out stays for as long as the rows of its subtasks, see `subtask_layout.rows_ttl`.
    expires = rows_ttl(now, retention_days) if is_fan_out(key) else ttl_seconds(now, retention_days)
    if expires is not None:
        given["ttl"] = expires
    if status is Status.FAILED:
        given["attention"] = attention_of(key)
    return given


def not_found(key: TaskKey) -> TaskNotFound:
    what = "task " if key.index is None else ""
    return TaskNotFound(f"no {what}{key.label} of tenant {key.tenant}", **key.as_dict())
