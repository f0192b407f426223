"""What a task waits for, and which key it has to itself, as its row alone tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import Field

from taskmill.model.api.base import View
from taskmill.model.clock import to_datetime
from taskmill.model.flow_control.admission import PARKABLE
from taskmill.model.flow_control.holds import DEBOUNCED, UNTIL_END, UNTIL_START, HoldId
from taskmill.model.flow_control.limit_ids import PAUSE, STACK, LimitId
from taskmill.model.flow_control.uniqueness import OnConflict
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


class WaitsFor(View):
    """What holds a task back: a limit, a rate limit, a pause, or the task that has its key."""

    kind: Literal["limit", "rate", "pause", "key"] = Field(
        description='"limit": a slot of a limit of concurrency; "rate": its start by a rate limit;'
        ' "pause": the end of a pause; "key": the end of the task that has its key.'
    )
    limit: str | None = Field(
        default=None,
        description="Name of the limit; null: it is none, or the last of several rate limits.",
    )
    key: str | None = Field(
        default=None,
        description="What the limit counts apart; of a pause, the type that is paused (null: all"
        " of the tenant); else the key that another task has.",
    )
    scope: Literal["tenant", "stack"] | None = Field(
        default=None, description="Whose the limit is; null: it waits for no single limit."
    )
    until: datetime | None = Field(
        default=None, description="When its rate limit lets it start; null: that is not known."
    )

    @classmethod
    def of(cls, row: TaskRow) -> Self | None:
        """What a task waits for; None: for none of these.

        A pause that has not been noticed, and a limit that is paused by `RetryAfter`, are in no
        task's row.
        """
        if row.status is Status.PARKED:
            return cls._parked(row)
        # What starts at once is given a start, too: it is not after the write that gives it.
        at = row.line_at if row.status is Status.SCHEDULED else None
        at = row.rate_at if at is None else at
        if row.status not in PARKABLE or (at or 0) <= (row.updated_at or 0):
            return None
        only = LimitId.from_text(row.rates[0][0]) if len(row.rates) == 1 else None
        return cls(kind="rate", until=to_datetime(at), **_named(only))

    @classmethod
    def _parked(cls, row: TaskRow) -> Self | None:
        if row.gate is None:
            hold = HoldId.of(row)
            return cls(kind="key", key=hold.key) if hold else None
        gate = LimitId.from_text(row.gate)
        if gate.name == PAUSE:
            return cls(kind="pause", key=gate.key or None)
        return cls(kind="limit", **_named(gate))


class KeyOfItsOwn(View):
    """The key that a task has to itself, or has had."""

    key: str
    of: Literal["unique", "debounce", "schedule"] = Field(
        description='What gave it the key: "schedule" is the overlap policy of a schedule.'
    )
    on_conflict: OnConflict | None = Field(
        default=None, description="As this task was submitted; null: it was not by `unique`."
    )
    until: Literal["end", "start"] = Field(description="How long it has the key.")

    @classmethod
    def of_row(cls, row: TaskRow) -> Self | None:
        """The key of a task; None: it never had one."""
        hold = HoldId.of(row)
        if hold is None:
            return None
        given: Literal["unique", "debounce", "schedule"] = "schedule"
        if hold.kind in (UNTIL_END, UNTIL_START):
            given = "unique"
        elif hold.kind == DEBOUNCED:
            given = "debounce"
        until: Literal["end", "start"] = "start"
        if hold.kind not in (UNTIL_START, DEBOUNCED):
            until = "end"
        return cls(key=hold.key, of=given, on_conflict=row.on_conflict, until=until)


def _named(limit: LimitId | None) -> dict[str, str | None]:
    """The fields that say which limit it is."""
    if limit is None:
        return {}
    scope = "stack" if limit.tenant == STACK else "tenant"
    return {"limit": limit.name, "key": limit.key or None, "scope": scope}
