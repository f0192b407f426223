"""Validation of the attributes that callers add to a task's row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from taskmill.model.errors import InvalidRequest

NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,63}$"
_NAME = re.compile(NAME_PATTERN)
# Written by taskmill only; a caller's reference could point anywhere.
_RESERVED = frozenset({"callbacksRefused", "counts", "resultRef"})
# DynamoDB's limits: numbers of up to 38 digits, within this range, and values nested up to 32
# levels deep. The attributes map is the first level, so 31 are left.
LARGEST, SMALLEST, DIGITS, LEVELS = 9.9e125, 1e-130, 38, 31
# Written by one expression, of which DynamoDB takes 4 KB; each attribute has some 20 bytes of it.
MAX_ATTRIBUTES = 100
_TOO_LONG: int = 10**DIGITS


def check_attributes(attributes: Mapping[str, Any]) -> None:
    """Reject attributes that DynamoDB cannot store or that only taskmill may write.

    Raises:
        InvalidRequest: Names the attribute, or there are more than 100 of them.
    """
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidRequest(
            f"attributes has {len(attributes):,}; at most {MAX_ATTRIBUTES} are accepted at a time",
            field="attributes",
            limit=MAX_ATTRIBUTES,
        )
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise InvalidRequest(
                f"attribute {name!r} must be 1 to 64 letters, digits or '_', a letter first",
                field="attributes",
            )
        if name in _RESERVED:
            raise InvalidRequest(
                f"{name!r} is written by taskmill only", field=f"attributes.{name}"
            )
        if name != "result":  # stored as JSON text, so DynamoDB's limits do not apply
            _check_value(value, field=f"attributes.{name}", levels=LEVELS)


def _check_value(value: Any, *, field: str, levels: int) -> None:
    if not levels:
        raise InvalidRequest(f"{field} is nested deeper than {LEVELS} levels", field=field)
    if isinstance(value, int | float) and not _fits(value):
        raise InvalidRequest(
            f"{field} holds a number of more than {DIGITS} digits, or not between {SMALLEST:g}"
            f" and {LARGEST:g}; send it as text, or as part of the result",
            field=field,
        )
    if isinstance(value, Mapping):
        if "" in value:
            raise InvalidRequest(f"{field} holds a map with an empty name", field=field)
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            _check_value(each, field=field, levels=levels - 1)


def _fits(number: float) -> bool:
    if isinstance(number, int):
        return -_TOO_LONG < number < _TOO_LONG
    return number == 0 or SMALLEST <= abs(number) <= LARGEST
