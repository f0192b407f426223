"""JSON text as stored in table rows and S3 objects."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from taskmill.model.errors import InvalidRequest
from taskmill.model.json_reading import MAX_DIGITS, MAX_LEVELS, NotJson, check_levels

DEEPEST_IN_A_ROW = 100  # levels; pydantic fails to serialize more than about 250
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_LONE_SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


def utf8(text: str) -> str:
    r"""The text with lone surrogates (as in names of files) as escapes: `\udcff`.

    Such a text comes from bytes that are not UTF-8; neither a row nor a message can hold it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace").decode()
    return text


def fits_row(text: str, *, limit: int) -> bool:
    """Whether JSON text may be stored in a row, and so be part of every list that shows the row.

    Other text is legal but goes to the bucket: it is larger than `limit` bytes, or has lone
    surrogates or more than 100 levels, which serializers other than Python's `json` reject.
    """
    if len(text.encode()) > limit or _LONE_SURROGATE.search(text):
        return False
    if text.count("[") + text.count("{") <= DEEPEST_IN_A_ROW:
        return True
    levels = itertools.accumulate((each in "[{") - (each in "]}") for each in text)
    return max(levels, default=0) <= DEEPEST_IN_A_ROW


def message_text(value: Any) -> str:
    """Compact JSON text for a message of SQS or SNS.

    Both take the characters of XML 1.0 only (SQS API reference, SendMessage: #x9, #xA, #xD, #x20 to
    #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF) and refuse or change others; JSON escapes all but
    lone surrogates, U+FFFE and U+FFFF by itself.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() else _NOT_XML.sub(lambda one: f"\\u{ord(one[0]):04x}", text)


def json_problem(value: Any) -> str | None:
    """Why a value is not within JSON and the limits of `read_json`; None: it is."""
    try:
        dump_json(value, field="value")
    except InvalidRequest as refused:
        return refused.message.partition(": ")[2]
    return None


def dump_json(value: Any, *, field: str, around: int = 0) -> str:
    """Compact JSON text that can be encoded as UTF-8, within the limits of `read_json`.

    Args:
        around: Levels to allow beyond 200, of an array around values.

    Raises:
        InvalidRequest: `value` is not JSON: a NaN, another type, a circular reference, more than
            200 levels, an integer of more than 4,300 digits.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        check_levels(text, around)
        text.encode()
    except UnicodeEncodeError:  # lone surrogates: JSON allows them only as escapes
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"{field} is not JSON: {refusal(error)}", field=field) from None
    return text


def refusal(error: BaseException) -> str:
    """Why a value was refused by `json.dumps` or pydantic, in the words of `read_json`'s limits."""
    if isinstance(error, RecursionError) or "depth exceeded" in str(error):
        return f"it is nested more than {MAX_LEVELS} levels deep"
    if not isinstance(error, NotJson) and "integer string conversion" in str(error):
        return f"a number has more than {MAX_DIGITS:,} digits"
    return str(error)
