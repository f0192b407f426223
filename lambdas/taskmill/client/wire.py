"""JSON bodies of requests, and their size limits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from taskmill.functions.json_values import to_json_value
from taskmill.model.errors import InvalidInput, InvalidRequest, LimitExceeded
from taskmill.model.json_reading import LEVELS_OF_A_BODY, check_levels
from taskmill.model.json_text import refusal
from taskmill.model.left_out import LEFT_OUT

# Lambda's limit for a request is 6 MB. The body is a string in the JSON of the Lambda event, so
# quotes and backslashes count twice.
REQUEST_LIMIT = 6_000_000
INLINE_LIMIT = 4_000_000  # larger inputs are uploaded where possible; the rest is for other fields


def to_json(value: Any, *, field: str, around: int = 0) -> bytes:
    """Compact JSON of builtins, pydantic models, dataclasses, dates and similar types.

    Args:
        field: Name of the value in error messages.
        around: Levels to allow beyond 200, of a request body around a value.

    Raises:
        InvalidRequest: The value has no JSON form: NaN, a circular reference, another type, more
            than 200 levels.
    """
    try:
        text = _COMPACT.encode(value)
        check_levels(text, around)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"{field} is not JSON: {refusal(error)}", field=field) from None
    try:
        return text.encode()
    except UnicodeEncodeError:  # lone surrogates, which JSON can only contain as escapes
        return _ESCAPED.encode(value).encode()


def to_body(fields: Mapping[str, Any], *, array: bytes | None = None) -> bytes:
    """The JSON body of a request; fields that are None are left out, except for `input`.

    An input is left out by `LEFT_OUT`: null is a value of its own.

    Args:
        array: The field `input` as JSON text, if it is already encoded.

    Raises:
        InvalidRequest: A field has no JSON form.
        LimitExceeded: The body is larger than a request may be.
    """
    given = {
        name: value
        for name, value in fields.items()
        if value is not LEFT_OUT and (value is not None or name == "input")
    }
    body = to_json(given, field="input", around=LEVELS_OF_A_BODY)
    if array is not None:
        body = body[:-1] + b',"input":' + array + b"}"
    return check_request(body)


def to_moment(moment: datetime | None) -> str | None:
    """A datetime in UTC, in the format of RFC 3339; None for None.

    Raises:
        InvalidRequest: The datetime has no time zone.
    """
    if moment is None:
        return None
    offset = getattr(moment, "utcoffset", None)  # a `date` has no such method
    if offset is None or offset() is None:
        raise InvalidRequest(
            f"run_at is {moment!r}: give a datetime with a time zone, as datetime.now(UTC)",
            field="runAt",
        )
    return moment.astimezone(UTC).isoformat()


def to_names(names: str | Sequence[str]) -> list[str] | None:
    """One or several task types as a list; None if there are none."""
    return [names] if isinstance(names, str) else list(names) or None


def check_request(body: bytes) -> bytes:
    """Return `body` unchanged.

    Raises:
        LimitExceeded: It is larger than a request may be.
    """
    if (size := weight(body)) > REQUEST_LIMIT:
        raise LimitExceeded("input", actual=size, limit=REQUEST_LIMIT, unit="bytes of JSON")
    return body


def weight(text: bytes) -> int:
    """Bytes of a JSON text as a string in a Lambda event: quotes and backslashes are escaped."""
    return len(text) + text.count(b'"') + text.count(b"\\")


def _plain(value: Any) -> Any:
    try:
        return to_json_value(value)
    except InvalidInput as refused:
        raise TypeError(refused.message) from None


def _encoder(*, ensure_ascii: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), default=_plain
    )


_COMPACT = _encoder(ensure_ascii=False)
_ESCAPED = _encoder(ensure_ascii=True)
