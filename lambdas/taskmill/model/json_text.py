"""JSON as rows and objects hold it."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from taskmill.model.errors import InvalidRequest

DEEPEST_IN_A_ROW = 100  # levels; pydantic gives up at some 250 when it answers with them
_LONE_SURROGATE = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


def fits_row(text: str, *, limit: int) -> bool:
    """Whether a payload may stand in a row, and so in every list that shows the row.

    Anything else is legal but goes to the bucket: it is large, or no JSON writer but Python's own
    would take it.
    """
    if len(text.encode()) > limit or _LONE_SURROGATE.search(text):
        return False
    if text.count("[") + text.count("{") <= DEEPEST_IN_A_ROW:
        return True
    levels = itertools.accumulate((each in "[{") - (each in "]}") for each in text)
    return max(levels, default=0) <= DEEPEST_IN_A_ROW


def dump_json(value: Any, *, field: str) -> str:
    """Compact JSON text that UTF-8 can hold.

    Raises:
        InvalidRequest: Not JSON (a NaN, an object of another type, a loop).
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:  # lone surrogates: legal in JSON only as escapes
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequest(f"{field} is not JSON: {error}", field=field) from None
    return text
