"""Cron expressions in the syntax of AWS: six fields, one of the two day fields being `?`.

Accepts only the syntax that AWS documents: EventBridge Scheduler would reject anything else after
it had been stored. We parse it ourselves because aws-croniter 2.1.1 (PyPI) never matches an `L` day
of the week or a rare date.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Self

from taskmill.model.errors import InvalidRequest

_SUNDAY, _SATURDAY = 1, 7


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a cron expression, with its range of numbers and their names."""

    name: str
    low: int
    high: int
    names: Mapping[str, int] = field(default_factory=dict)

    def parse(self, text: str) -> frozenset[int]:
        """The numbers that `1`, `2-5`, `*/3`, `4-20/2` or a list of these match."""
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def number(self, text: str) -> int:
        if text in self.names:
            return self.names[text]
        if re.fullmatch(r"[0-9]{1,4}", text) and self.low <= int(text) <= self.high:
            return int(text)
        raise self.refusal(text)

    def refusal(self, text: str) -> InvalidRequest:
        return invalid(f"{self.name} {text!r}: {self.low} to {self.high}, or a list or range of it")

    def _part(self, text: str) -> Iterator[int]:
        span, slash, step = text.partition("/")
        low, dash, high = span.partition("-")
        if slash and not re.fullmatch(r"[1-9][0-9]{0,3}", step):
            raise self.refusal(text)
        first = self.low if span == "*" else self.number(low)
        last = self.high if span == "*" or (slash and not dash) else first
        if dash:
            last = self.number(high)
        if last < first:
            raise invalid(f"{self.name} {text!r}: a range goes from low to high")
        yield from range(first, last + 1, int(step or 1))


def _numbered(names: str) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names.split(), start=1)}


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of month", 1, 31)
MONTH = Field("month", 1, 12, _numbered("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"))
WEEKDAY = Field("day of week", 1, 7, _numbered("SUN MON TUE WED THU FRI SAT"))
NUMBERED_WEEKDAY = Field("day of week", 1, 7)  # AWS documents `2#1` and `6L`, not `MON#1`
WEEK = Field("week of the month", 1, 5)
YEAR = Field("year", 1970, 2199)

Days = Callable[[int, int], Collection[int]]
"""Takes a year and a month, returns the days of that month that the expression matches."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed cron expression, in local time without a time zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: Days
    months: frozenset[int]
    years: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the six fields, which must be in upper case.

        Raises:
            InvalidRequest: Names the field and what is wrong with it.
        """
        fields = text.split()
        if len(fields) != 6:
            raise invalid(
                f"cron takes 6 fields (minute, hour, day of month, month, day of week, year),"
                f" not {len(fields)}"
            )
        minutes, hours, day, months, weekday, years = fields
        if (day == "?") == (weekday == "?"):
            raise invalid("either the day of month or the day of week is '?', the other is not")
        return cls(
            MINUTE.parse(minutes),
            HOUR.parse(hours),
            lru_cache(64)(_days_of_month(day) if weekday == "?" else _days_of_week(weekday)),
            MONTH.parse(months),
            YEAR.parse(years),
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """The first match after `moment`, both naive datetimes; None: there is none."""
        start = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for day in self._dates(start.date()):
            earliest = start.time() if day == start.date() else time()
            for hour in sorted(hour for hour in self.hours if hour >= earliest.hour):
                for minute in sorted(self.minutes):
                    if time(hour, minute) >= earliest:
                        return datetime.combine(day, time(hour, minute))
        return None

    def _dates(self, start: date) -> Iterator[date]:
        for year in sorted(year for year in self.years if year >= start.year):
            for month in sorted(self.months):
                if (year, month) >= (start.year, start.month):
                    days = (date(year, month, day) for day in sorted(self.days(year, month)))
                    yield from (day for day in days if day >= start)


def _days_of_month(text: str) -> Days:
    if text == "L":
        return lambda year, month: [_last_day(year, month)]
    if text.endswith("W"):
        near = DAY.number(text[:-1])
        return lambda year, month: _nearest_weekday(year, month, near)
    days = DAY.parse(text)
    return lambda year, month: [day for day in days if day <= _last_day(year, month)]


def _days_of_week(text: str) -> Days:
    weekday, hash_, number = text.partition("#")
    if hash_:
        nth, wanted = WEEK.number(number), NUMBERED_WEEKDAY.number(weekday)
        return lambda year, month: _weekdays(year, month, {wanted})[nth - 1 : nth]
    if text.endswith("L") and text != "L":
        last = NUMBERED_WEEKDAY.number(text[:-1])
        return lambda year, month: _weekdays(year, month, {last})[-1:]
    days = {_SATURDAY} if text == "L" else WEEKDAY.parse(text)
    return lambda year, month: _weekdays(year, month, days)


def _weekdays(year: int, month: int, wanted: Collection[int]) -> list[int]:
    days = range(1, _last_day(year, month) + 1)
    return [day for day in days if _weekday(year, month, day) in wanted]


def _nearest_weekday(year: int, month: int, day: int) -> list[int]:
    """The weekday (Mon to Fri) nearest to `day` in its month; empty if the month is shorter."""
    last = _last_day(year, month)
    if day > last:
        return []
    weekday = _weekday(year, month, day)
    if weekday == _SATURDAY:
        return [day - 1 if day > 1 else day + 2]
    if weekday == _SUNDAY:
        return [day + 1 if day < last else day - 2]
    return [day]


def _weekday(year: int, month: int, day: int) -> int:
    return date(year, month, day).isoweekday() % 7 + 1


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def invalid(message: str) -> InvalidRequest:
    return InvalidRequest(f"expression: {message}", field="expression")
