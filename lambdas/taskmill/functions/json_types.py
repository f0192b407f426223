"""Type hints that JSON knows by itself: values of them are told without a validator."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

_INTEGERS = range(-(2**63), 2**63)


def is_plain(hint: Any) -> bool:
    """Whether a hint is made of JSON's own types only: `dict[str, list[int]] | None`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list or origin in (Union, UnionType):
        return all(map(is_plain, arguments))
    if origin is dict:
        return arguments[0] is str and is_plain(arguments[1])
    return hint in (None, Any) or (isinstance(hint, type) and hint in _IS)


def fits(hint: Any, value: Any) -> bool:
    """Whether a value is, exactly and through and through, of a plain hint's type.

    Of a value that does not fit, a validator may still make one that does: 7 for a float.
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
    return _is_json(value) if hint is Any else _IS[hint or NoneType](value)


def _is_text(value: Any) -> bool:
    """No half surrogates: JSON cannot hold them."""
    return type(value) is str and (
        value.isascii() or value == value.encode(errors="replace").decode()
    )


def _is_json(value: Any) -> bool:
    kind = _IS.get(type(value))
    return kind is not None and kind(value)


_IS: Mapping[type, Callable[[Any], bool]] = {
    NoneType: lambda value: value is None,
    bool: lambda value: type(value) is bool,
    int: lambda value: type(value) is int and value in _INTEGERS,
    float: lambda value: type(value) is float and math.isfinite(value),
    str: _is_text,
    list: lambda value: type(value) is list and all(map(_is_json, value)),
    dict: lambda value: fits(dict[str, Any], value),
}
