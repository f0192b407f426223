"""JSON as it goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from taskmill.model.errors import InvalidRequest, LimitExceeded

# Lambda takes 6 MB in one call, and the body is a JSON string in it: quotes count twice.
REQUEST_LIMIT = 6_000_000
INLINE_LIMIT = 4_000_000  # what is larger goes by upload where it can; leaves room for the rest


def to_json(value: Any, *, field: str) -> bytes:
    """Compact JSON of builtins, pydantic models, dataclasses, dates and the like.

    Raises:
        InvalidRequest: JSON cannot hold it (a NaN, a loop, an object of another kind).
    """
    try:
        text = _COMPACT.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"{field} is not JSON: {error}", field=field) from None
    try:
        return text.encode()
    except UnicodeEncodeError:  # lone surrogates: legal in JSON only as escapes
        return _ESCAPED.encode(value).encode()


def to_body(fields: Mapping[str, Any], *, array: bytes | None = None) -> bytes:
    """A request's body, absent fields left out.

    Args:
        array: The input, when it is JSON already.

    Raises:
        InvalidRequest: JSON cannot hold it.
        LimitExceeded: Larger than the API can take.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    body = to_json(given, field="input")
    if array is not None:
        body = body[:-1] + b',"input":' + array + b"}"
    return check_request(body)


def to_moment(moment: datetime | None) -> str | None:
    """A moment in UTC, as RFC 3339 writes it.

    Raises:
        InvalidRequest: It has no UTC offset.
    """
    if moment is None:
        return None
    offset = getattr(moment, "utcoffset", None)  # which a date has not
    if offset is None or offset() is None:
        raise InvalidRequest(
            f"run_at is {moment!r}: give a datetime with a time zone, as datetime.now(UTC)",
            field="runAt",
        )
    return moment.astimezone(UTC).isoformat()


def to_names(names: str | Sequence[str]) -> list[str] | None:
    """One task type or several, as a list; None: none at all."""
    return [names] if isinstance(names, str) else list(names) or None


def check_request(body: bytes) -> bytes:
    """`body`, when the API can take it.

    Raises:
        LimitExceeded: It cannot.
    """
    if (size := weight(body)) > REQUEST_LIMIT:
        raise LimitExceeded("input", actual=size, limit=REQUEST_LIMIT, unit="bytes of JSON")
    return body


def weight(text: bytes) -> int:
    """Bytes that JSON text takes inside the JSON of a Lambda call."""
    return len(text) + text.count(b'"') + text.count(b"\\")


def _plain(value: Any) -> Any:
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        return to_jsonable_python(value, by_alias=True)
    except PydanticSerializationError as error:
        raise TypeError(str(error)) from None


def _encoder(*, ensure_ascii: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), default=_plain
    )


_COMPACT = _encoder(ensure_ascii=False)
_ESCAPED = _encoder(ensure_ascii=True)
