"""Moments on a command line: how long ago, or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

MOMENT = "2h|3d|TIME"
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> datetime:
    """A moment: `90s`, `30m`, `2h` or `3d` ago, or an ISO time, of this time zone if it has none.

    Raises:
        typer.BadParameter: It is none of these.
    """
    if ago := re.fullmatch(r"([0-9]{1,6})([smhd])", text):
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: 30m, 2h, 3d, or 2026-01-05T06:00") from None
