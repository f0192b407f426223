"""Rate limits in the table: who takes units is told when to start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.flow_control.settings import LimitSettings
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Throttled
from taskmill.model.flow_control.limit_ids import RATE_ROW, LimitId
from taskmill.model.flow_control.reservations import Pace

_TRIES = 20
_NAMES = {"#row": "row", "#ttl": "ttl"}
KEPT_SECONDS = 7 * 86_400  # a row that nobody has taken from for so long may go


@dataclass(frozen=True, slots=True)
class Guard:
    """What must be true of a limit's times for units to be taken, in microseconds.

    Attributes:
        most: How far ahead they may be.
        line: Whether that of the line counts, too.
    """

    most: int
    line: bool

    @property
    def condition(self) -> str:
        line = " AND (attribute_not_exists(line) OR line <= :most)" if self.line else ""
        return f" AND (attribute_not_exists(tat) OR tat <= :most){line}"

    @property
    def values(self) -> dict[str, int]:
        return {"most": self.most}

    def stops(self, row: Mapping[str, Any] | None) -> bool:
        """Whether this is what refused a write of the row."""
        names = ("tat", "line") if self.line else ("tat",)
        return any(int((row or {}).get(name, 0)) > self.most for name in names)


class RateStore:
    """Takes units of rate limits, and gives back when attempts may start.

    One write takes for any number of attempts: a write unit, or two after a quiet time, when the
    first try is refused.
    """

    def __init__(self, table: Table, settings: LimitSettings, *, clock: Clock = now_ms) -> None:
        self._table = table
        self._settings = settings
        self._clock = clock

    def pace(self, limit: LimitId, declared: Pace) -> Pace:
        """The rate that applies: as an operator has set it, else as the code declares it."""
        return self._settings.of([limit])[limit].pace(declared)

    def take(self, limit: LimitId, units: Sequence[int], declared: Pace) -> list[int]:
        """Take units for several attempts together.

        Args:
            units: What each attempt takes.
            declared: The rate as the code declares it.

        Returns:
            When each of them may start, in epoch ms; now, if there is room.

        Raises:
            Throttled: The row kept changing.
        """
        pace, now = self.pace(limit, declared), self._clock()
        before = self._moved(limit, pace.worth(sum(units)), now) or 0  # None: of guards only
        return list(pace.starts(units, before=before, now=now))

    def take_soon(
        self, limit: LimitId, units: int, declared: Pace, *, within_ms: int, passes: bool
    ) -> int | None:
        """Take units for one attempt, if it may start soon.

        Args:
            within_ms: How far away its start may be.
            passes: It stood in the line before, so that it passes those who stand there.

        Returns:
            When it may start, in epoch ms; None: that is too far away, and nothing was taken.

        Raises:
            Throttled: The row kept changing.
        """
        pace, now = self.pace(limit, declared), self._clock()
        worth = pace.worth(units)
        most = (now + within_ms) * 1000 + pace.worth(pace.burst) - worth
        before = self._moved(limit, worth, now, Guard(most, line=not passes))
        return None if before is None else next(pace.starts([units], before=before, now=now))

    def line_up(self, limit: LimitId, units: int, declared: Pace) -> int:
        """Stand in the line for a limit whose next start is far away, without taking units.

        Returns:
            When to come again, in epoch ms: about when the units will be there.

        Raises:
            Throttled: The row kept changing.
        """
        pace, now = self.pace(limit, declared), self._clock()
        for _ in range(_TRIES):
            row = self._table.get(limit.rate) or {}
            before = max(now * 1000, int(row.get("tat", 0)), int(row.get("line", 0)))
            end = before + pace.worth(units)
            if self._set_as_seen(limit, "line", row.get("line"), end):
                return next(pace.starts([units], before=before, now=now))
        raise Throttled(f"the line of the rate limit {limit} keeps changing")

    def correct(self, limit: LimitId, units: int, declared: Pace) -> None:
        """Take so many units more than were taken before; fewer, if it is negative."""
        if units:
            pace = self.pace(limit, declared)
            sign = 1 if units > 0 else -1
            self._add(limit, sign * pace.worth(abs(units)))

    def pause(self, limit: LimitId, until: int, declared: Pace) -> None:
        """Let no attempt start before `until` (epoch ms), also not those that have their units.

        After that they start at the limit's rate, without a burst.
        """
        tat = self.pace(limit, declared).behind(until)
        for name, value in (("pausedUntil", until), ("tat", tat)):
            try:
                self._table.update_unseen(
                    limit.rate,
                    f"SET {name} = :value, #row = :row, #ttl = :ttl",
                    condition=f"attribute_not_exists({name}) OR {name} < :value",
                    names=_NAMES,
                    values={"value": value, **self._kept(until * 1000)},
                )
            except ConditionFailed:
                continue  # it is paused for longer, or taken for longer

    def paused_until(self, limits: Sequence[LimitId]) -> int:
        """Until when the last of these limits is paused, in epoch ms; 0: none is."""
        rows = self._table.get_many([each.rate for each in limits])
        return max([int(each.get("pausedUntil", 0)) for each in rows if each] or [0])

    def _moved(
        self, limit: LimitId, worth: int, now: int, guard: Guard | None = None
    ) -> int | None:
        """Move the theoretical arrival time on; returns what it was, in microseconds.

        None: the guard does not let it.
        """
        at = now * 1000
        for _ in range(_TRIES):
            for step in (self._moved_on, self._begun):  # of a busy limit, of a quiet one
                try:
                    return step(limit, worth, at, guard)
                except ConditionFailed as refused:
                    if guard is not None and guard.stops(refused.old):
                        return None
        raise Throttled(f"the rate limit {limit} keeps changing")

    def _set_as_seen(self, limit: LimitId, name: str, seen: int | None, value: int) -> bool:
        """Set a time of a limit, in microseconds, if it is as it was seen."""
        unchanged = "attribute_not_exists(#at)" if seen is None else "#at = :seen"
        try:
            self._table.update_unseen(
                limit.rate,
                "SET #at = :value, #row = :row, #ttl = :ttl",
                condition=unchanged,
                names={"#at": name, **_NAMES},
                values={
                    "value": value,
                    **({} if seen is None else {"seen": seen}),
                    **self._kept(max(value, self._clock() * 1000)),
                },
            )
        except ConditionFailed:
            return False
        return True

    def _moved_on(self, limit: LimitId, worth: int, at: int, guard: Guard | None) -> int:
        """Raises `ConditionFailed`: it is a quiet limit, or guarded."""
        row = self._table.update(
            limit.rate,
            "SET tat = tat + :worth, #row = :row, #ttl = :ttl",
            condition="tat >= :now" + (guard.condition if guard else ""),
            names=_NAMES,
            values={"worth": worth, "now": at, **(guard.values if guard else {}), **self._kept(at)},
        )
        tat = int(row["tat"])
        if tat > at + KEPT_SECONDS * 1_000_000 // 2:  # else it is taken from again before it goes
            self._keep(limit, tat)
        return tat - worth

    def _keep(self, limit: LimitId, until: int) -> None:
        """Keep a row whose units are spoken for far ahead, until that is over (microseconds)."""
        with suppress(ConditionFailed):
            self._table.update_unseen(
                limit.rate,
                "SET #ttl = :ttl",
                condition="attribute_exists(tat)",
                names={"#ttl": "ttl"},
                values={"ttl": self._kept(until)["ttl"]},
            )

    def _begun(self, limit: LimitId, worth: int, at: int, guard: Guard | None) -> int:
        """Raises `ConditionFailed`: it is a busy limit, or guarded."""
        self._table.update_unseen(
            limit.rate,
            "SET tat = :next, #row = :row, #ttl = :ttl",
            condition="(attribute_not_exists(tat) OR tat < :now)"
            + (guard.condition if guard else ""),
            names=_NAMES,
            values={
                "next": at + worth,
                "now": at,
                **(guard.values if guard else {}),
                **self._kept(at),
            },
        )
        return at

    def _add(self, limit: LimitId, worth: int) -> None:
        try:
            self._table.update_unseen(
                limit.rate,
                "SET tat = tat + :worth",
                condition="attribute_exists(tat)",
                values={"worth": worth},
            )
        except ConditionFailed:
            return  # nothing was taken before: there is nothing to correct

    def _kept(self, at: int) -> dict[str, Any]:
        return {"row": RATE_ROW, "ttl": at // 1_000_000 + KEPT_SECONDS}
