"""What task functions take and return, as JSON."""

from __future__ import annotations

import json
from typing import Any

from taskmill.model.errors import InvalidInput, InvalidRequest, InvalidResult
from taskmill.model.json_text import dump_json


def to_json_value(argument: Any) -> Any:
    """The JSON value of an argument: builtins, models, dataclasses, dates and the like.

    Raises:
        InvalidInput: JSON cannot hold it.
    """
    try:
        # A model's computed fields stay out: it is to be made of this again.
        return json.loads(_dump(argument, field="input", round_trip=True))
    except ValueError as error:
        details = [{"field": "input", "message": str(error)}]
        raise InvalidInput(f"the input cannot be stored: {error}", errors=details) from None


def dump_result(result: Any) -> str:
    """A task function's result as JSON text; models, dataclasses and dates included.

    Raises:
        InvalidResult: JSON cannot hold it.
    """
    try:
        return _dump(result, field="result")
    except ValueError as error:
        raise InvalidResult(f"the result cannot be stored: {error}") from None


def _dump(value: Any, *, field: str, round_trip: bool = False) -> str:
    """JSON text of a value; pydantic is asked only where Python's own writer gives up.

    Raises:
        ValueError: JSON cannot hold it.
    """
    try:
        return dump_json(value, field=field)
    except InvalidRequest:
        pass
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(
        value, by_alias=True, inf_nan_mode="constants", round_trip=round_trip
    )
    try:
        return dump_json(plain, field=field)
    except InvalidRequest as refused:
        raise ValueError(refused.message) from None
