"""Reads JSON that comes from outside: request bodies, files, stdin, uploads. One set of limits.

Standard library only: every function that reads an upload imports this on a cold start.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

MAX_LEVELS = 200  # of arrays and objects in each other; pydantic's parser stops at as many
MAX_DIGITS = 4_300  # of an integer: `sys.int_info.default_max_str_digits`
LEVELS_OF_A_BODY = 3  # {"tasks": [{"input": …}]}, around the value
BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Brackets, and strings, in which brackets do not count. An unfinished string reaches to the end, so
# that no character is looked at twice.
_TOKENS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
# Only such a number can be too large for a float: of fewer digits, 1e9 at most, it is not.
_MAYBE_HUGE = re.compile(r"[0-9]\.?[eE]\+?[0-9]{2}|[0-9]{200}")


class NotJson(ValueError):
    """A text is not JSON as taskmill accepts it; the message says why, and names the limit."""


def read_json(text: str | bytes, *, finite: bool = True, around: int = 0) -> Any:
    """The value of a JSON text in UTF-8, which may begin with a byte order mark.

    Of repeated names in an object the last one counts, as in most parsers.

    Args:
        finite: Refuse numbers beyond the range of a double, such as 1e999. False: they become
            infinite, so that a model can refuse them with the name of the field.
        around: Levels to allow beyond 200, of a request body around a value.

    Raises:
        NotJson: It is malformed or not UTF-8; it has NaN, Infinity, a number beyond the range of
            a double or of more than 4,300 digits, a lone surrogate, or more than 200 levels.
    """
    plain = decoded(text) if isinstance(text, bytes) else _checked(text)
    plain = plain.removeprefix("\ufeff")
    check_levels(plain, around)
    parse_float = _finite if finite and _MAYBE_HUGE.search(plain) else None
    try:
        value = json.loads(plain, parse_float=parse_float, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise NotJson(str(error)) from None
    except NotJson:
        raise
    except ValueError:  # of `int`: the only other one
        raise NotJson(f"a number has more than {MAX_DIGITS:,} digits") from None
    if _SURROGATE_ESCAPE.search(plain):
        _check_surrogates(value)
    return value


def decoded(text: bytes) -> str:
    """The text of UTF-8 bytes.

    Raises:
        NotJson: They are not UTF-8; the message says so if they look like UTF-16.
    """
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        known = ", but UTF-16: save it as UTF-8" if text.startswith(_UTF_16) else ""
        raise NotJson(f"it is not UTF-8{known or f': {error.reason}'}") from None


def check_levels(text: str, around: int = 0) -> None:
    """Reject more than 200 levels of arrays and objects, which Python cannot parse safely.

    Raises:
        NotJson: There are more.
    """
    if text.count("[") + text.count("{") <= MAX_LEVELS + around:
        return
    level = 0
    for token in _TOKENS.finditer(text):
        character = text[token.start()]
        if character in "[{":
            level += 1
            if level > MAX_LEVELS + around:
                raise NotJson(f"it is nested more than {MAX_LEVELS} levels deep")
        elif character != '"':
            level -= 1


def _checked(text: str) -> str:
    """A text without lone surrogates, which stand for bytes that are not UTF-8."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotJson("it is not UTF-8") from None
    return text


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise NotJson("it has a lone surrogate, which UTF-8 cannot encode") from None


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise NotJson(f"the number {number[:20]} is beyond the range of a double")
    return value


def _refuse_constant(constant: str) -> NoReturn:
    """Called for NaN and Infinity, which Python's parser accepts but JSON does not have."""
    raise NotJson(f"{constant} is not a JSON number")
