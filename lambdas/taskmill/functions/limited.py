"""The limits that a new task is subject to: evaluates keys and units for its input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from taskmill.functions.user_code import described, passes
from taskmill.model.errors import InvalidRequest
from taskmill.model.flow_control.declared_limits import Key, RateUnits, is_whole
from taskmill.model.flow_control.limit_ids import LimitId, key_text, owner
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.rows.task_row import TaskRow, is_fan_out

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction

RateTake = tuple[str, int, int, int, int]
"""What an attempt takes of a rate limit: its id, units; and the declared rate, seconds, burst."""


def limited(row: TaskRow, function: TaskFunction, value: Any) -> TaskRow:
    """The row of a new task with the limits that it is subject to.

    A fan-out needs slots as a whole; its subtasks take their units of rate limits one by one.

    Args:
        value: Its input: JSON, or `LEFT_OUT`; that of a fan-out is not looked at.

    Raises:
        InvalidRequest: A key or a number of units cannot be told of this input; names the limit.
    """
    if not function.settings.is_limited:
        return row
    if is_fan_out(row.key):
        return row.but(gates=_gates_of_fan_out(row, function))
    given = Given(function, value)
    gates = tuple(
        (str(given.id_of(row.key.tenant, each, "concurrency")), each.concurrency)
        for each in function.settings.concurrency
    )
    return row.but(gates=gates, rates=takes_of(row.key.tenant, function, value, given))


def takes_of(
    tenant: str, function: TaskFunction, value: Any, given: Given | None = None
) -> tuple[RateTake, ...]:
    """What an attempt with this input takes of each rate limit of its type. Raises as `limited`."""
    known = given or Given(function, value)
    return tuple(known.take_of(tenant, each) for each in function.settings.rates)


class Given:
    """An input, which keys and units are told by."""

    def __init__(self, function: TaskFunction, value: Any) -> None:
        self._function, self._value = function, value

    def id_of(self, tenant: str, limit: Any, option: str) -> LimitId:
        """The limit that the input falls under."""
        whose = owner(limit.scope, tenant)
        name = limit.name or self._function.type
        if limit.key is None:
            return LimitId(whose, name)
        field = f"{option} {name!r}: key"
        return LimitId(whose, name, key_text(self._told(limit.key, field), field=field))

    def take_of(self, tenant: str, rate: RateUnits) -> RateTake:
        """What an attempt takes of a rate limit."""
        limit = rate.limit
        field = f"rate {limit.name!r}: units"
        units = self._called(rate.units, field) if callable(rate.units) else rate.units
        if not is_whole(units) or not 1 <= units <= limit.most:
            raise InvalidRequest(
                f"{field} are {units!r}; a whole number from 1 to {limit.most:,} (its burst) is"
                " accepted",
                field=field,
                limit=limit.most,
            )
        whose = self.id_of(tenant, limit, "rate")
        return (str(whose), units, limit.rate, limit.per_seconds, limit.most)

    def _told(self, key: Key, field: str) -> Any:
        return self._at(key, field) if isinstance(key, str) else self._called(key, field)

    def _called(self, tell: Callable[[Any], Any], field: str) -> Any:
        try:
            return tell(self._function.check(self._value))
        except BaseException as error:
            if passes(error):
                raise
            raise InvalidRequest(
                f"{field} cannot be told of this input: {described(error)}", field=field
            ) from None

    def _at(self, path: str, field: str) -> Any:
        value: Any = None if self._value is LEFT_OUT else self._value
        for name in path.split("."):
            if not isinstance(value, Mapping) or name not in value:
                raise InvalidRequest(
                    f"{field} is the field {path!r}, which this input does not have", field=field
                )
            value = value[name]
        return value


def _gates_of_fan_out(row: TaskRow, function: TaskFunction) -> tuple[tuple[str, int], ...]:
    for limit in function.settings.concurrency:
        if limit.key is not None:
            raise InvalidRequest(
                f"tasks of type {function.type!r} are limited by a key of their input, so they"
                " cannot be subtasks of one fan-out: submit them one by one, or gather them",
                field="taskType",
            )
    given = Given(function, None)
    return tuple(
        (str(given.id_of(row.key.tenant, each, "concurrency")), each.concurrency)
        for each in function.settings.concurrency
    )
