"""Dates and times in requests."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator

_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def parse_rfc_3339(value: Any) -> Any:
    """The datetime of an RFC 3339 text; None and datetimes are returned unchanged.

    Raises:
        ValueError: Another text, or a value of another type.
    """
    if value is None or isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("a date and time with a UTC offset, such as 2026-01-05T06:00:00+01:00")
    return datetime.fromisoformat(value.upper())


RequiredMoment = Annotated[AwareDatetime, BeforeValidator(parse_rfc_3339)]
"""A time that a request must have."""
Moment = Annotated[AwareDatetime | None, BeforeValidator(parse_rfc_3339)]
"""A time in a request: RFC 3339, with its UTC offset."""
