"""When recurring schedules fire: expressions, time zones, and the next time of both together."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache, lru_cache

from taskmill.model.clock import to_datetime, to_ms
from taskmill.model.errors import InvalidRequest
from taskmill.model.recurrence.cron import Cron, invalid

EXPRESSION_LIMIT = 256  # characters; EventBridge Scheduler takes no more
_HELP = "write cron(0 12 * * ? *) or rate(5 minutes)"
_RATE = re.compile(r"rate\(([1-9][0-9]{0,4}) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\(([^()]*)\)")
_UNIT_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}


@dataclass(frozen=True, slots=True)
class Rate:
    """So much time between one fire and the next, whatever clocks on walls do."""

    period_ms: int


def check_expression(text: str) -> str:
    """The expression as AWS takes it, when it is one.

    Raises:
        InvalidRequest: It is none; the message says what is wrong where.
    """
    if len(text) > EXPRESSION_LIMIT:
        raise invalid(f"{len(text)} characters; at most {EXPRESSION_LIMIT}")
    plain = " ".join(text.split())
    parse(plain)
    return f"cron({plain[5:-1].strip().upper()})" if plain.startswith("cron") else plain


def check_timezone(name: str) -> str:
    """The name of a time zone, when it is one of the IANA's.

    Raises:
        InvalidRequest: It is none.
    """
    if name not in _zones():
        raise InvalidRequest(
            f"timezone: there is no {name!r}; write a name such as UTC or Europe/Berlin",
            field="timezone",
        )
    return name


@lru_cache(maxsize=256)
def parse(text: str) -> Cron | Rate:
    """What an expression says.

    Raises:
        InvalidRequest: It is none.
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
    """The next time that a schedule fires.

    As with EventBridge Scheduler, a time that clocks skip in spring is skipped, and one that they
    show twice in autumn counts once.

    Args:
        after: Epoch ms; the next time is later.
        anchor: Epoch ms from which a rate is counted: it fires one period later, two, and so on.

    Returns:
        Epoch ms; None: never again.
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
    from zoneinfo import ZoneInfo  # not owed by those that stay in UTC

    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset({"UTC", *available_timezones()})


def as_text(moment: int) -> str:
    """Epoch ms as EventBridge Scheduler writes them, to the second."""
    return f"{to_datetime(moment):%Y-%m-%dT%H:%M:%SZ}"
