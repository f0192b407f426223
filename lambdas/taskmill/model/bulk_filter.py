"""Which rows a bulk operation matches, and which of them it has acted on. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.built_in import is_reserved
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.rows.history import Actor, actor_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, RETRYABLE, Status

FINGERPRINT_PATTERN = "^[A-Za-z0-9_-]{1,64}$"
MAX_REASON = 100  # characters
RETRY, CANCEL = "retry", "cancel"
_OPEN = frozenset(Status) - FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What a bulk operation acts on. Times are epoch milliseconds.

    Attributes:
        code: Of the bulk's task; tasks that it has acted on name it in their history.
        begun: What was created or has failed later is not met, so nothing is retried twice.
    """

    action: str
    type: str | None = None
    statuses: frozenset[Status] = frozenset({Status.FAILED})
    fingerprint: str | None = None
    created_after: int | None = None
    created_before: int | None = None
    code: str = ""
    begun: int = 0

    @classmethod
    def of(cls, asked: Mapping[str, Any], *, code: str = "", begun: int = 0) -> Self:
        """The matching of a bulk's input.

        Raises:
            InvalidRequest: The action does not apply to one of the statuses.
        """
        action, given = asked["action"], asked.get("filter") or {}
        allowed = RETRYABLE if action == RETRY else _OPEN
        default = {Status.FAILED} if action == RETRY else _OPEN
        statuses = frozenset(map(Status, given.get("status") or default))
        if wrong := sorted(statuses - allowed):
            raise InvalidRequest(
                f"status: {wrong[0]}: only tasks that are {', '.join(sorted(allowed))} can be"
                f" {'retried' if action == RETRY else 'cancelled'}",
                field="filter.status",
            )
        if given.get("fingerprint") and statuses != {Status.FAILED}:
            raise InvalidRequest(
                "fingerprint: only FAILED tasks have one", field="filter.fingerprint"
            )
        return cls(
            action=action,
            type=given.get("type"),
            statuses=statuses,
            fingerprint=given.get("fingerprint"),
            created_after=given.get("createdAfter"),
            created_before=given.get("createdBefore"),
            code=code,
            begun=begun,
        )

    @property
    def by_failures(self) -> bool:
        """Whether the index of failures has all that it matches."""
        return self.statuses == {Status.FAILED}

    @property
    def needs_rows(self) -> bool:
        """Whether the keys alone do not tell what it matches."""
        return bool(self.fingerprint or self.created_after or self.created_before)

    def takes_key(self, key: TaskKey) -> bool:
        """Whether a key may belong to what it matches.

        Without a fingerprint, failed subtasks do not count: their step function task does.
        """
        if is_reserved(key.type) or self.type not in (None, key.type):
            return False
        return key.index is None or self.fingerprint is not None

    def takes(self, row: TaskRow) -> bool:
        """Whether it matches a row as it is now, or has acted on it already."""
        if not self.takes_key(row.key) or not self._in_time(row):
            return False
        if self.action == CANCEL:  # what it cancelled with its parent counts, too
            return row.status in self.statuses or self.acted_on(row)
        ended = row.finished_at or row.updated_at or 0
        if row.status not in self.statuses or ended > self.begun or self.acted_on(row):
            return False
        return self.fingerprint in (None, row.fingerprint)

    def acted_on(self, row: TaskRow) -> bool:
        """Whether this bulk has acted on the row."""
        return any(
            (actor_of(each).reason or "").partition(":")[0] == self.mark
            for each in row.history
            if len(each) > 3
        )

    @property
    def mark(self) -> str:
        """How the history of a task names the bulk that acted on it."""
        return f"bulk {self.code}" if self.code else "-"

    def actor(self, by: str | None, reason: str | None) -> Actor:
        """Who acts, for the history of the tasks."""
        return Actor.of(by, self.mark + (f": {reason}" if reason else ""))

    def _in_time(self, row: TaskRow) -> bool:
        created = row.created_at or 0
        after, before = self.created_after or 0, self.created_before
        return after <= created <= self.begun and (before is None or created < before)
