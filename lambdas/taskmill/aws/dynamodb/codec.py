"""Converts Python values to DynamoDB's typed JSON and back, numbers as int and float.

boto3 has such a converter, but importing it would take a third of a cold start: our functions
use botocore alone.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.json_text import utf8

# DynamoDB's numbers: 38 digits, from 1E-130 to 9.99…E+125. Raise for others rather than round.
_NUMBERS = decimal.Context(
    prec=38,
    Emin=-128,
    Emax=126,
    traps=[
        decimal.Clamped,
        decimal.Inexact,
        decimal.Overflow,
        decimal.Rounded,
        decimal.Underflow,
    ],
)
_SMALL: int = 10**38


def encode(value: Any) -> dict[str, Any]:
    """Encode one value, such as "a" to `{"S": "a"}`; lone surrogates become escapes.

    Raises:
        TypeError: The type is not supported, or the number is not finite.
        decimal.DecimalException: The number is outside DynamoDB's range or precision.
    """
    exact = type(value)
    if exact is str:  # common types first: encoding is much of a function's CPU time
        return {"S": value if value.isascii() else utf8(value)}
    if exact is int and -_SMALL < value < _SMALL:
        return {"N": str(value)}
    if exact is list:
        return {"L": [encode(each) for each in value]}
    return _encode(value)


def _encode(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": utf8(str(value))}  # an enum member is stored as its text
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {utf8(str(name)): encode(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [encode(each) for each in value]}
    raise TypeError(f"a row holds no {type(value).__name__}: {value!r}")


def encode_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in values.items()}


def decode(typed: Mapping[str, Any]) -> Any:
    """Decode one value, such as `{"S": "a"}` to "a".

    Raises:
        TypeError: The type is not supported.
    """
    (kind,) = typed
    value = typed[kind]
    if kind == "S":
        return value
    if kind == "N":
        return _parsed(value)
    if kind == "L":
        return [decode(each) for each in value]
    if kind == "M":
        return {name: decode(each) for name, each in value.items()}
    if kind == "BOOL":
        return value
    if kind == "NULL":
        return None
    raise TypeError(f"a row holds no {kind}: {value!r}")


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: decode(value) for name, value in item.items()}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A value of a kind that taskmill does not write, such as a set: of somebody else's."""

    kind: str


def decode_row(item: Mapping[str, Any]) -> dict[str, Any]:
    """As `decode_item`, but attributes that cannot be decoded are `Foreign`: none hides the row."""
    row: dict[str, Any] = {}
    for name, value in item.items():
        try:
            row[name] = decode(value)
        except (TypeError, ValueError):
            row[name] = Foreign(next(iter(value), "?"))
    return row


def _parsed(number: str) -> int | float:
    try:
        return int(number)
    except ValueError:
        return float(number)


def _number(value: float) -> str:
    if isinstance(value, int) and -_SMALL < value < _SMALL:
        return str(int(value))
    number = _NUMBERS.create_decimal(repr(value))
    if not number.is_finite():
        raise TypeError(f"a row holds no {value!r}")
    return str(number)
