"""Makes values of task code storable in a row: texts, numbers, keys and levels."""

from __future__ import annotations

import base64
import decimal
import math
from collections.abc import Mapping
from typing import Any

from taskmill.model.attributes import DIGITS, LARGEST, LEVELS, SMALLEST
from taskmill.model.json_text import utf8

_TOO_LONG: int = 10**DIGITS
_LONGEST_TEXT = 1_000  # characters kept of a value that becomes text


def storable(value: Any) -> Any:
    """The value, or what DynamoDB can hold in its place; storable ones come back as they are.

    DynamoDB's limits: texts are UTF-8; numbers have up to 38 digits, between 1E-130 and 9.9E+125;
    32 levels of nesting; no name of an attribute is empty. A number beyond becomes its text, bytes
    become Base64, any other type its `str`.
    """
    return _storable(value, LEVELS - 1)  # below the map of attributes


def _storable(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else utf8(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float | decimal.Decimal):
        return _number(value)
    return _container(value, levels) if levels else _text(value)


def _container(value: Any, levels: int) -> Any:
    if isinstance(value, Mapping):
        return {_text(name) or "_": _storable(each, levels - 1) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(each, levels - 1) for each in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()[:_LONGEST_TEXT]
    return _text(value)


def _number(value: float | decimal.Decimal) -> int | float | str:
    if isinstance(value, int):
        return int(value) if -_TOO_LONG < value < _TOO_LONG else _digits(value)
    if isinstance(value, decimal.Decimal):
        if not value.is_finite() or abs(value.adjusted()) > DIGITS:
            return _text(value)
        exact = int(value) if value == value.to_integral_value() else float(value)
        return _number(exact) if exact == value else _text(value)
    fits = math.isfinite(value) and (value == 0 or SMALLEST <= abs(value) <= LARGEST)
    return float(value) if fits else repr(float(value))


def _digits(value: int) -> str:
    """A huge number in few characters; Python itself refuses to print over 4,300 digits."""
    bits = value.bit_length()
    return str(value) if bits < 3_000 else f"{'-' if value < 0 else ''}2**{bits - 1} or more"


def _text(value: Any) -> str:
    try:
        text = str(value)
    except Exception:  # noqa: BLE001  # `__str__` may be user code
        text = f"<{type(value).__name__}>"
    return utf8(text)[:_LONGEST_TEXT]
