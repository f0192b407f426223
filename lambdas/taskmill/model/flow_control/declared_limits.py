"""Limits as `@task` declares them: of concurrency and of rate, for all or by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from taskmill.model.errors import InvalidOption, WrongOptionType
from taskmill.model.flow_control.reservations import Pace
from taskmill.model.options import check_choice, check_named, check_whole, suggests

MOST_SLOTS = 100_000
MOST_UNITS = 1_000_000_000
MOST_SECONDS = 86_400 * 31
MOST_LIMITS = 4  # of concurrency, and of rate, that one type may have
Key = Callable[[Any], Any] | str
"""A function of the task's input, or the path of a field in it, such as `"order.customer"`."""
Scope = Literal["tenant", "stack"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How many tasks of a type may be under way at the same time.

    A task is under way from when it is queued until its attempt ends: not while it waits for its
    next attempt, for its children, or for its time. What is beyond the limit waits as PARKED.

    Attributes:
        concurrency: The most tasks at a time, 1 to 100,000; an operator may set another.
        key: Count apart what differs in this: a function of the input, or the path of a field in
            it. None: all tasks together.
        scope: "tenant": each tenant has its own; "stack": all tenants share it.
        name: Types whose limits have the same name share it; by default that of the type.
    """

    concurrency: int
    key: Key | None = None
    scope: Scope = "tenant"
    name: str | None = None

    def __post_init__(self) -> None:
        check_whole("concurrency", self.concurrency, least=1, most=MOST_SLOTS)
        _check_common(self.key, self.scope, self.name)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many attempts may start within a time, of all types that name this limit.

    In any `t` seconds, at most `burst + rate / per_seconds * t` units start (a token bucket). What
    is beyond that starts later, in the order of arrival; nothing is dropped.

    Attributes:
        name: Types that name the same limit share it.
        rate: Units in `per_seconds`, 1 to a billion; an operator may set another.
        per_seconds: Whole seconds, up to 31 days.
        burst: Units that may start at once after a quiet time; by default `rate`.
        key: Count apart what differs in this: a function of the input, or the path of a field in
            it. None: all tasks together.
        scope: "tenant": each tenant has its own; "stack": all tenants share it.
    """

    name: str
    rate: int
    per_seconds: int = 1
    burst: int | None = None
    key: Key | None = None
    scope: Scope = "tenant"

    def __post_init__(self) -> None:
        check_whole("rate", self.rate, least=1, most=MOST_UNITS)
        check_whole("per_seconds", self.per_seconds, least=1, most=MOST_SECONDS)
        if self.burst is not None:
            check_whole("burst", self.burst, least=1, most=MOST_UNITS)
        _check_common(self.key, self.scope, self.name)

    def units(self, units: int | Callable[[Any], int]) -> RateUnits:
        """This limit, of which each attempt takes so many units: a number, or one by the input."""
        if isinstance(units, bool) or not (isinstance(units, int) or callable(units)):
            raise WrongOptionType(
                f"units is {units!r}; give a whole number, or a function of the input",
                field="units",
            )
        if isinstance(units, int):
            check_whole("units", units, least=1, most=self.most)
        return RateUnits(self, units)

    @property
    def pace(self) -> Pace:
        """The rate as it is declared."""
        return Pace(self.rate, self.per_seconds, self.most)

    @property
    def most(self) -> int:
        """The most units that one attempt may take."""
        return self.rate if self.burst is None else self.burst


@dataclass(frozen=True, slots=True)
class RateUnits:
    """A rate limit, and how many units of it an attempt takes; see `RateLimit.units`."""

    limit: RateLimit
    units: int | Callable[[Any], int] = 1


def checked_limits(task_type: str, given: Any) -> tuple[Limit, ...]:
    """The limits of concurrency of a type: a number, a `Limit`, or a list of these.

    Raises:
        InvalidOption: Something else is given, or two of them could not be told apart.
    """
    limits = tuple(
        Limit(each) if isinstance(each, int) and not isinstance(each, bool) else each
        for each in _listed(given)
    )
    _check_all(f"{task_type!r}: concurrency", limits, Limit, "a whole number or Limit(...)")
    for place, limit in enumerate(limits):
        same = [(each.scope, each.name) for each in limits[:place]]
        if (limit.scope, limit.name) in same:
            raise InvalidOption(
                f"{task_type!r}: concurrency has two limits of the scope {limit.scope!r} with the"
                " same name: give one of them name=",
                field="concurrency",
            )
    return limits


def checked_rates(task_type: str, given: Any) -> tuple[RateUnits, ...]:
    """The rate limits of a type: a `RateLimit`, one with its units, or a list of these.

    Raises:
        InvalidOption: Something else is given, or one limit stands there twice.
    """
    rates = tuple(
        RateUnits(each) if isinstance(each, RateLimit) else each for each in _listed(given)
    )
    _check_all(f"{task_type!r}: rate", rates, RateUnits, "RateLimit(...)")
    names = [(each.limit.scope, each.limit.name) for each in rates]
    if len(set(names)) < len(names):
        raise InvalidOption(f"{task_type!r}: rate names a limit twice", field="rate")
    return rates


def _listed(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _check_all(option: str, given: Iterable[Any], kind: type, wanted: str) -> None:
    found = list(given)
    for each in found:
        if not isinstance(each, kind):
            raise WrongOptionType(f"{option} is {each!r}; give {wanted}", field=option)
    if len(found) > MOST_LIMITS:
        raise InvalidOption(
            f"{option} has {len(found)} limits; at most {MOST_LIMITS} are accepted",
            field=option,
            limit=MOST_LIMITS,
        )


def _check_common(key: Any, scope: str, name: str | None) -> None:
    if not (key is None or callable(key) or (isinstance(key, str) and key.strip())):
        raise WrongOptionType(
            f"key is {key!r}; give a function of the input, or the path of a field in it",
            field="key",
        )
    check_choice("scope", scope, ("tenant", "stack"))
    if name is not None:
        check_named("name", name)


def is_whole(value: object) -> bool:
    """Whether a value may be a number of units."""
    return isinstance(value, int) and not isinstance(value, bool)


Limit.__init__ = suggests(Limit.__init__)  # type: ignore[method-assign]
RateLimit.__init__ = suggests(RateLimit.__init__)  # type: ignore[method-assign]
