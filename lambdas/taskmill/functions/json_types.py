"""Type hints made of JSON's own types, whose values are checked without pydantic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

_INTEGERS = range(-(2**63), 2**63)


def is_plain(hint: Any) -> bool:
    """Whether a hint consists of JSON's own types only, such as `dict[str, list[int]] | None`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list or origin in (Union, UnionType):
        return bool(arguments) and all(map(is_plain, arguments))
    if origin is dict:
        return bool(arguments) and arguments[0] is str and is_plain(arguments[1])
    return hint is None or hint is Any or any(hint is each for each in _CHECKS)


def fits(hint: Any, value: Any) -> bool:
    """Whether a value, with everything in it, has exactly the type of a plain hint.

    If not, a validator may still convert it: 7 to a float, for example.
    """
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list:
        return type(value) is list and all(fits(arguments[0], each) for each in value)
    if origin is dict:
        return type(value) is dict and all(
            _is_text(name) and fits(arguments[1], each) for name, each in value.items()
        )
    if arguments:
        return any(fits(each, value) for each in arguments)
    return is_json(value) if hint is Any else _CHECKS[hint or NoneType](value)


def _is_text(value: Any) -> bool:
    """Whether it is a `str` without lone surrogates, which UTF-8 cannot encode."""
    return type(value) is str and (
        value.isascii() or value == value.encode(errors="replace").decode()
    )


def is_json(value: Any) -> bool:
    """Whether a value is made of JSON's own types only, exactly: no tuple, no subclass of `str`."""
    kind = _CHECKS.get(type(value))
    return kind is not None and kind(value)


_CHECKS: Mapping[type, Callable[[Any], bool]] = {
    NoneType: lambda value: value is None,
    bool: lambda value: type(value) is bool,
    int: lambda value: type(value) is int and value in _INTEGERS,
    float: lambda value: type(value) is float and math.isfinite(value),
    str: _is_text,
    list: lambda value: type(value) is list and all(map(is_json, value)),
    dict: lambda value: fits(dict[str, Any], value),
}
