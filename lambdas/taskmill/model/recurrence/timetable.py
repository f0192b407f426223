"""Cron and rate expressions with time zones, and the next time that a schedule fires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache

from taskmill.model.clock import to_datetime, to_ms
from taskmill.model.errors import InvalidRequest
from taskmill.model.recurrence.cron import Cron, invalid

EXPRESSION_LIMIT = 256  # characters; the limit of EventBridge Scheduler
_HELP = "write cron(0 12 * * ? *) or rate(5 minutes)"
_RATE = re.compile(r"rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


@dataclass(frozen=True, slots=True)
class Rate:
    """A fixed interval between two fires, independent of time zones and clock changes."""

    period_ms: int


def check_expression(text: str) -> str:
    """Return a valid expression in AWS's spelling: single spaces, cron in upper case.

    Raises:
        InvalidRequest: It is not valid; the message says what is wrong.
    """
    if len(text) > EXPRESSION_LIMIT:
        raise invalid(f"{len(text)} characters; at most {EXPRESSION_LIMIT}")
    plain = " ".join(text.split())
    parse(plain)
    return f"cron({plain[5:-1].strip().upper()})" if plain.startswith("cron") else plain


def check_timezone(name: str) -> str:
    """Return `name` if the IANA database has a place of this name, or if it is UTC.

    Raises:
        InvalidRequest: It has none, or the name is of a rule or of this machine, not of a place.
    """
    if name in _NO_PLACES or name not in _zones():
        known = "is no place" if name in _NO_PLACES else "there is no such place"
        raise InvalidRequest(
            f"timezone: {name!r}: {known}; write a name such as UTC or Europe/Berlin",
            field="timezone",
        )
    return name


# Names that the files of the IANA database have besides places: rules whose offset is fixed or that
# no country decides on (EST never has summer time), what the machine is set to, a placeholder.
_NO_PLACES = frozenset(
    [
        "CET",
        "CST6CDT",
        "EET",
        "EST",
        "EST5EDT",
        "Factory",
        "HST",
        "MET",
        "MST",
        "MST7MDT",
        "PST8PDT",
        "WET",
        "localtime",
        "posixrules",
    ]
)


@lru_cache(maxsize=256)
def parse(text: str) -> Cron | Rate:
    """Parse a cron or rate expression.

    Raises:
        InvalidRequest: It is not valid.
    """
    if found := _RATE.fullmatch(text):
        count, unit = int(found[1]), found[2]
        if (count == 1) == bool(found[3]):
            raise invalid(f"{text!r}: one is singular, more are plural: rate(1 hour)")
        return Rate(count * _UNIT_MS[unit])
    if found := _CRON.fullmatch(text):
        return Cron.parse(found[1].upper())
    raise invalid(f"{text!r} is neither cron nor rate; {_HELP}")


def next_fire(expression: str, timezone: str, *, after: int, anchor: int) -> int | None:
    """The first time after `after` that a schedule fires.

    As in EventBridge Scheduler, a local time that does not exist when clocks go forward is
    skipped, and one that occurs twice when they go back fires once.

    Args:
        after: Epoch ms.
        anchor: Epoch ms at which the periods of a rate begin: it first fires one period later.

    Returns:
        Epoch ms; None: it never fires again.
    """
    schedule = parse(expression)
    if isinstance(schedule, Rate):
        begin = anchor - anchor % 1000
        periods = max((after - begin) // schedule.period_ms, 0) + 1
        return begin + periods * schedule.period_ms
    zone = zone_of(timezone)
    local = datetime.fromtimestamp(after / 1000, zone).replace(tzinfo=None)
    while (found := schedule.next_after(local)) is not None:
        moment = found.replace(tzinfo=zone).astimezone(UTC)
        shown = moment.astimezone(zone).replace(tzinfo=None)
        if shown == found and to_ms(moment) > after:
            return to_ms(moment)
        local = found
    return None


def zone_of(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # imported only where a time zone other than UTC is used

    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset({"UTC", *available_timezones()})


def as_text(moment: int) -> str:
    """Epoch ms in the format of EventBridge Scheduler, truncated to the second."""
    return f"{to_datetime(moment):%Y-%m-%dT%H:%M:%SZ}"
