"""What operators have set for limits, in rows of their own; it goes before what the code says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self

from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.flow_control.reservations import Pace
from taskmill.model.keys import StoredKey
from taskmill.model.rows.limit_row import LIMIT_ROW
from taskmill.model.rows.task_row import camel

KEPT_MS = 10_000  # how long a process relies on what it has read


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLimit:
    """What an operator has set for a limit; None: as the code says.

    Attributes:
        concurrency: Tasks at a time; 0: none.
        by: Who has set it.
        updated_at: When, in epoch ms.
    """

    concurrency: int | None = None
    rate: int | None = None
    per_seconds: int | None = None
    burst: int | None = None
    by: str | None = None
    updated_at: int | None = None
    version: int = 0

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Self | None:
        """What a row says; None: there is none, or it is no limit's."""
        if values is None or values.get("row") != LIMIT_ROW:
            return None
        known: dict[str, Any] = {each.name: values.get(camel(each.name)) for each in fields(cls)}
        return cls(**{**known, "version": known["version"] or 0})

    @property
    def says_something(self) -> bool:
        """False: it was set once, and is not any more."""
        return any(self.kinds)

    @property
    def kinds(self) -> Iterator[Literal["concurrency", "rate"]]:
        """What of a limit of this name is set."""
        if self.concurrency is not None:
            yield "concurrency"
        if (self.rate, self.per_seconds, self.burst) != (None,) * 3:
            yield "rate"

    def pace(self, declared: Pace) -> Pace:
        """The rate that applies."""
        rate = self.rate or declared.rate
        burst = self.burst or (rate if self.rate else declared.burst)
        return Pace(rate, self.per_seconds or declared.per_seconds, burst)


UNSET = SetLimit()
_WHOSE = ("pk", "sk", "row", "tenant", "name", "key")


class LimitSettings:
    """Reads what is set for limits, at most every 10 seconds for each of them. Thread-safe.

    Reads are eventually consistent: what an operator sets is heeded within some 10 seconds.
    """

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._clock = clock
        self._known: dict[LimitId, tuple[int, SetLimit]] = {}

    def of(self, limits: Sequence[LimitId]) -> dict[LimitId, SetLimit]:
        """What applies to each limit: the row of its key, else that of its name, else nothing."""
        now = self._clock()
        unknown = [each for each in dict.fromkeys(limits) if not self._is_fresh(each, now)]
        if unknown:
            self._read(unknown, now)
        return {each: self._known[each][1] for each in limits}

    def _is_fresh(self, limit: LimitId, now: int) -> bool:
        known = self._known.get(limit)
        return known is not None and 0 <= now - known[0] < KEPT_MS

    def _read(self, limits: Sequence[LimitId], now: int) -> None:
        keys = [key for each in limits for key in places_of(each)]
        found = dict(zip(keys, self._table.get_many(keys, consistent=False), strict=True))
        if len(self._known) > 10_000:  # keys by the thousand: begin anew
            self._known.clear()
        for each in limits:
            self._known[each] = (now, applying([found[key] for key in places_of(each)]))


def places_of(limit: LimitId) -> list[StoredKey]:
    """Where a limit may have been set; the first that is there applies."""
    return [limit.setting, limit.general] if limit.key else [limit.general]


def applying(rows: Sequence[Mapping[str, Any] | None]) -> SetLimit:
    """What applies of the rows at `places_of` a limit."""
    found = (known for each in rows if (known := SetLimit.of(each)))
    return next((each for each in found if each.says_something), UNSET)


class SetLimits:
    """Stores what operators set."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._clock = clock

    def get(self, key: StoredKey) -> SetLimit | None:
        """What is set in this row, read strongly consistently; None: nothing."""
        found = SetLimit.of(self._table.get(key))
        return found if found and found.says_something else None

    def put(self, limit: LimitId, key: StoredKey, wanted: SetLimit) -> SetLimit:
        """Set a limit in this row, which is one of `places_of` it; replaces what was set there."""
        before = SetLimit.of(self._table.get(key))
        stored = replace(
            wanted, updated_at=self._clock(), version=(before.version if before else 0) + 1
        )
        values = {camel(each.name): getattr(stored, each.name) for each in fields(stored)}
        self._table.put(
            {
                **key._asdict(),
                "row": LIMIT_ROW,
                "tenant": limit.tenant,
                "name": limit.name,
                **({"key": limit.key} if key != limit.general else {}),
                **{name: value for name, value in values.items() if value is not None},
            }
        )
        return stored

    def opened(self, limit: LimitId, *, after: str | None, to: str, version: int) -> None:
        """Note to which key the gates of a limit were opened, so that the dispatcher goes on there.

        Args:
            after: What was noted before, and `version` that of the row: if these are not so any
                more, another delivery has gone on, or the limit was changed anew.
        """
        before = "attribute_not_exists(openedTo)" if after is None else "openedTo = :after"
        with suppress(ConditionFailed):
            self._table.update_unseen(
                limit.general,
                "SET openedTo = :to",
                condition=f"#version = :version AND {before}",
                names={"#version": "version"},
                values={
                    "to": to,
                    "version": version,
                    **({} if after is None else {"after": after}),
                },
            )

    def delete(self, key: StoredKey) -> bool:
        """Let the code's limit apply again; False: nothing was set in this row.

        The row stays for a day and says nothing: the stream's filters do not let a removal through,
        and those that wait may go on now.
        """
        values = self._table.get(key) or {}
        before = SetLimit.of(values)
        if before is None or not before.says_something:
            return False
        kept = {name: each for name, each in values.items() if name in _WHOSE}
        at = self._clock()
        ttl = at // 1000 + DAY_SECONDS
        self._table.put({**kept, "version": before.version + 1, "updatedAt": at, "ttl": ttl})
        return True
