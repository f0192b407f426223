"""Conditional writes of task rows: what to change, and what the row must be for it."""

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
    """One change of a task's row. Names are the table's; dotted paths reach into maps.

    Attributes:
        allowed: The statuses it may leave from.
        status: The status it enters; None leaves it.
        entered: Appends this history entry, (status, at, attempt); of a full history the oldest
            entries go, at the price of a second write.
        where: Further values that the row must have.
        unless: Values it must not have.
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
        """Write, and return the row as it is now. Its version grows by one.

        Raises:
            TaskNotFound: Nothing has this key; nothing is created.
            IllegalStatusChange: The row is not what it must be; `details` has its status.
        """
        values = self._sent(lambda request: request.send(table, key.stored), key, now)
        return TaskRow.from_values(values)

    def apply_unseen(self, table: Table, key: TaskKey, *, now: int) -> None:
        """As `apply`, for those who need no row: that is cheaper."""
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
            return trimmed._sent(send, key, now)  # noqa: SLF001  # another of its kind

    def request(self, now: int) -> UpdateRequest:
        """The write as a request, to be sent on its own or in a transaction."""
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


# What a row loses when it starts again: the end of its last run, and the tally of its children.
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
    "attributes.error",
    "attributes.result",
    "attributes.resultRef",
    "attributes.progress",
)


def last_run(key: TaskKey) -> tuple[str, ...]:
    """`LAST_RUN`; a task's children are counted anew, a fan-out's elements stay the same."""
    return (*LAST_RUN, "childCount") if key.kind is Kind.TASK else LAST_RUN


def reopening(
    key: TaskKey,
    *,
    now: int,
    where: Mapping[str, Any] | None = None,
    unless: Mapping[str, Any] | None = None,
) -> Write:
    """The explicit retry: from FAILED or CANCELLED back to CREATED, as the next run."""
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
    """What to set so that these are merged into a row's attributes."""
    return {f"attributes.{name}": each for name, each in attributes.items()}


def ending(key: TaskKey, status: Status, *, now: int, retention_days: int) -> dict[str, Any]:
    """What a row gets besides its status when it ends; nothing when it goes on."""
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
