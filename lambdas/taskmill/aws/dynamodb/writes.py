"""Conditional writes of task rows: the changes, and the conditions on the row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import ttl_seconds
from taskmill.model.errors import IllegalStatusChange, TaskNotFound
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import HISTORY_LIMIT, TaskRow
from taskmill.model.statuses import FINAL, RETRYABLE, Status

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Write:
    """One conditional write of a task's row. Names are the table's, or dotted paths into maps.

    Attributes:
        allowed: Condition: the present status is one of these.
        status: The new status; None: unchanged.
        entered: History entry to append, (status, at, attempt). If the history is full, a second
            write removes the oldest entries.
        where: Condition: the row has these values.
        unless: Condition: the row has none of these values.
    """

    allowed: Sequence[Status]
    status: Status | None = None
    sets: Mapping[str, Any] = field(default_factory=dict)
    removes: Sequence[str] = ()
    adds: Mapping[str, int] = field(default_factory=dict)
    entered: tuple[Status, int, int] | None = None
    where: Mapping[str, Any] = field(default_factory=dict)
    unless: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, table: Table, key: TaskKey, *, now: int) -> TaskRow:
        """Write, and return the new row. Its version grows by one.

        Raises:
            TaskNotFound: No row has this key; none is created.
            IllegalStatusChange: A condition failed; `details` has the present status.
        """
        values = self._sent(lambda request: request.send(table, key.stored), key, now)
        return TaskRow.from_values(values)

    def apply_unseen(self, table: Table, key: TaskKey, *, now: int) -> None:
        """As `apply`, but without returning the row, which is faster."""
        self._sent(lambda request: request.send_unseen(table, key.stored), key, now)

    def _sent(self, send: Callable[[UpdateRequest], T], key: TaskKey, now: int) -> T:
        try:
            return send(self.request(now))
        except ConditionFailed as refused:
            before = (refused.old or {}).get("history", [])
            if self.entered is None or len(before) < HISTORY_LIMIT:
                raise self._refusal(key, refused) from None
            kept = [*before[-(HISTORY_LIMIT - 2) :], list(self.entered)]
            trimmed = replace(self, sets={**self.sets, "history": kept}, entered=None)
            return trimmed._sent(send, key, now)  # noqa: SLF001  # of the same class

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
        if self.entered is not None:
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

    def _refusal(self, key: TaskKey, refused: ConditionFailed) -> Exception:
        if refused.old is None:
            return not_found(key)
        standing = refused.old["status"]
        wanted = f"become {self.status}" if self.status else "be changed"
        return IllegalStatusChange(
            f"{key} is {standing} and cannot {wanted}", status=standing, **key.as_dict()
        )


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
    "resent",
    "resentFor",
    "attributes.error",
    "attributes.result",
    "attributes.resultRef",
    "attributes.progress",
)


def last_run(key: TaskKey) -> tuple[str, ...]:
    """`LAST_RUN` and, for a single task, `childCount`: the subtasks of a fan-out stay."""
    return (*LAST_RUN, "childCount") if key.kind is Kind.TASK else LAST_RUN


def reopening(
    key: TaskKey,
    *,
    now: int,
    where: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
) -> Write:
    """Explicit retry: from FAILED or CANCELLED back to CREATED, in a new run."""
    return Write(
        status=Status.CREATED,
        sets={"attempts": 0},
        removes=last_run(key),
        adds={"run": 1},
        allowed=sorted(RETRYABLE),
        entered=(Status.CREATED, now, 0),
        where=where or {},
        unless=unless or {},
    )


def attribute_paths(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The paths and values to set to merge these into a row's attributes."""
    return {f"attributes.{name}": each for name, each in attributes.items()}


def ending(key: TaskKey, status: Status, *, now: int, retention_days: int) -> dict[str, Any]:
    """What to set together with a final status; empty for any other status."""
    if status not in FINAL:
        return {}
    given: dict[str, Any] = {"finishedAt": now}
    if (ttl := ttl_seconds(now, retention_days)) is not None:
        given["ttl"] = ttl
    if status is Status.FAILED:
        given["attention"] = f"FAILED#{key.tenant}"
    return given


def not_found(key: TaskKey) -> TaskNotFound:
    return TaskNotFound(f"no task {key}", **key.as_dict())
