"""What task code asks of rate limits while it runs: units beyond those of its start, and pauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from taskmill.aws.dynamodb.flow_control.rates import RateStore
from taskmill.model.clock import Clock
from taskmill.model.errors import InvalidOption
from taskmill.model.flow_control.declared_limits import RateLimit
from taskmill.model.flow_control.limit_ids import LimitId, key_text, owner
from taskmill.model.options import check_whole
from taskmill.model.rows.task_row import TaskRow


@dataclass(frozen=True, kw_only=True)
class LimitCalls:
    """Makes the calls of one attempt; see `of`."""

    rates: RateStore
    clock: Clock
    sleep: Callable[[float], None]

    def of(self, row: TaskRow) -> AttemptLimits:
        """The rate limits as an attempt of this task sees them."""
        return AttemptLimits(self, row)


@dataclass
class AttemptLimits:
    """The rate limits as an attempt of a task sees them.

    Attributes:
        corrected: By limit: how many units more than at its start the attempt has told of.
    """

    calls: LimitCalls
    row: TaskRow
    corrected: dict[str, int] = field(default_factory=dict)

    def used(self, limit: RateLimit, units: int) -> None:
        """Tell how many units the attempt has used in all, instead of what it took at its start.

        Raises:
            InvalidOption: The task's type is not subject to this limit.
        """
        check_whole("units", units, least=0)
        text, taken = self._taken(limit)
        more = units - taken
        self.calls.rates.correct(
            LimitId.from_text(text), more - self.corrected.get(text, 0), limit.pace
        )
        self.corrected[text] = more

    def take(self, limit: RateLimit, units: int, key: object = None) -> float:
        """Take units of any limit. Returns the seconds to wait until they may be used.

        Raises:
            InvalidOption: There are more units than the limit's burst, or its key is missing.
        """
        check_whole("units", units, least=1, most=limit.most)
        whose = self._id(limit, key)
        (start,) = self.calls.rates.take(whose, [units], limit.pace)
        return max(start - self.calls.clock(), 0) / 1000

    def pause(self, limit: RateLimit, until: int) -> None:
        """Let no attempt under the limit start before `until` (epoch ms)."""
        self.calls.rates.pause(self._id(limit, None), until, limit.pace)

    def _taken(self, limit: RateLimit) -> tuple[str, int]:
        for text, units, *_ in self.row.rates:
            if LimitId.from_text(text).name == limit.name:
                return text, units
        raise InvalidOption(
            f"{self.row.key.type!r} is not subject to the rate limit {limit.name!r}: name it in"
            " @task(rate=...)",
            field="limit",
        )

    def _id(self, limit: RateLimit, key: object) -> LimitId:
        """The limit with its key: as given, else that which the task was submitted under."""
        whose = owner(limit.scope, self.row.key.tenant)
        if limit.key is None:
            return LimitId(whose, limit.name)
        if key is not None:
            return LimitId(whose, limit.name, key_text(key, field="key"))
        return LimitId.from_text(self._taken(limit)[0])
