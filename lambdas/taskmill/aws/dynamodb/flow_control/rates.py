"""Rate limits in the table: who takes units is told when to start."""

from __future__ import annotations

from collections.abc import Sequence
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
        before = self._moved(limit, pace.worth(sum(units)), now)
        return list(pace.starts(units, before=before, now=now))

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

    def _moved(self, limit: LimitId, worth: int, now: int) -> int:
        """Move the theoretical arrival time on; returns what it was, in microseconds."""
        at = now * 1000
        for _ in range(_TRIES):
            before = self._moved_on(limit, worth, at)
            if before is None:
                before = self._begun(limit, worth, at)
            if before is not None:
                return before
        raise Throttled(f"the rate limit {limit} keeps changing")

    def _moved_on(self, limit: LimitId, worth: int, at: int) -> int | None:
        """Of a busy limit; None: it is a quiet one."""
        try:
            row = self._table.update(
                limit.rate,
                "SET tat = tat + :worth, #row = :row, #ttl = :ttl",
                condition="tat >= :now",
                names=_NAMES,
                values={"worth": worth, "now": at, **self._kept(at)},
            )
        except ConditionFailed:
            return None
        return int(row["tat"]) - worth

    def _begun(self, limit: LimitId, worth: int, at: int) -> int | None:
        """Of a quiet limit; None: it is a busy one."""
        try:
            self._table.update_unseen(
                limit.rate,
                "SET tat = :next, #row = :row, #ttl = :ttl",
                condition="attribute_not_exists(tat) OR tat < :now",
                names=_NAMES,
                values={"next": at + worth, "now": at, **self._kept(at)},
            )
        except ConditionFailed:
            return None
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
