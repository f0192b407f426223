"""Cron and rate expressions in words, for people: "at 06:00, Monday to Friday (Europe/Berlin)"."""

from __future__ import annotations

import re

from taskmill.model.recurrence.cron import MONTH, WEEKDAY

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def in_words(expression: str, timezone: str) -> str:
    """What a valid expression means. A rate knows no time zone."""
    if expression.startswith("rate("):
        count, _, unit = expression[5:-1].partition(" ")
        return f"every {unit}" if count == "1" else f"every {count} {unit}"
    minutes, hours, day, month, weekday, year = expression[5:-1].upper().split()
    parts = [_times(minutes, hours), _days(day, weekday), _months(month)]
    if year != "*":
        parts.append(f"in {_listed(year)}")
    return ", ".join(filter(None, parts)) + f" ({timezone})"


def _times(minutes: str, hours: str) -> str:
    """The times of day."""
    if minutes.isdecimal() and re.fullmatch(r"[0-9,]+", hours):
        times = [f"{int(hour):02}:{int(minutes):02}" for hour in hours.split(",")]
        return f"at {_and(times)}"
    if hours == "*":
        return _every("minute", minutes) or f"at minute {_listed(minutes)} of every hour"
    every = _every("hour", hours)
    at = "" if minutes == "0" and every else _every("minute", minutes)
    at = at if at or (minutes == "0" and every) else f"at minute {_listed(minutes)}"
    return " ".join(filter(None, (at, every or f"in the hours {_listed(hours)}")))


def _every(unit: str, text: str) -> str:
    """`*` and `*/5`; empty for anything else."""
    if text == "*":
        return f"every {unit}"
    step = re.fullmatch(r"[*0]/([0-9]+)", text)
    return f"every {step[1]} {unit}s" if step else ""


def _days(day: str, weekday: str) -> str:
    """The days; empty: every day."""
    if weekday not in ("?", "*"):
        return _weekdays(weekday)
    if day in ("?", "*"):
        return ""
    if day == "L":
        return "on the last day of the month"
    if day.endswith("W"):
        near = "the last day" if day == "LW" else f"day {day[:-1]}"
        return f"on the weekday nearest to {near} of the month"
    every = _every("day", day)
    return f"{every} of the month" if every else f"on day {_listed(day)} of the month"


def _weekdays(text: str) -> str:
    if found := re.fullmatch(r"([0-9A-Z]+)#([1-5])", text):
        return f"on the {_ORDINALS[int(found[2]) - 1]} {_weekday(found[1])} of the month"
    if text != "L" and text.endswith("L"):
        return f"on the last {_weekday(text[:-1])} of the month"
    if text == "L":
        return "on Saturday"
    return f"on {_named(text, _weekday)}"


def _months(text: str) -> str:
    if text == "*":
        return ""
    if "/" in text:
        return f"in the months {_listed(text)}"
    return f"in {_named(text, lambda each: _MONTHS[MONTH.number(each) - 1])}"


def _weekday(text: str) -> str:
    return _DAYS[WEEKDAY.number(text) - 1]


def _named(text: str, name: object) -> str:
    """A list of names and ranges, each number by its name."""
    if "/" in text or not callable(name):
        return _listed(text)
    parts = [each.partition("-") for each in text.split(",")]
    return _and([f"{name(a)} to {name(b)}" if b else str(name(a)) for a, _, b in parts])


def _listed(text: str) -> str:
    """A list of numbers, ranges and steps, as it is written."""
    parts = text.split(",")
    told = [re.sub(r"^(.*)/([0-9]+)$", r"\1 in steps of \2", each) for each in parts]
    return _and([each.replace("-", " to ").replace("* in", "all in") for each in told])


def _and(parts: list[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
