"""Converts arguments and results of task functions to JSON."""

from __future__ import annotations

import json
from typing import Any

from taskmill.model.errors import InvalidInput, InvalidRequest, InvalidResult
from taskmill.model.json_text import dump_json, refusal


def to_json_value(argument: Any) -> Any:
    """Convert an argument (builtins, models, dataclasses, dates and the like) to a JSON value.

    Raises:
        InvalidInput: JSON cannot represent it.
    """
    try:
        # Without a model's computed fields, which it would not accept when it is parsed again.
        return json.loads(_dump(argument, field="input", round_trip=True))
    except ValueError as error:
        details = [{"field": "input", "message": refusal(error)}]
        raise InvalidInput(
            f"the input cannot be stored: {refusal(error)}", errors=details
        ) from None


def dump_result(result: Any) -> str:
    """Convert a task function's result (models, dataclasses and dates included) to JSON text.

    Raises:
        InvalidResult: JSON cannot represent it.
    """
    try:
        return _dump(result, field="result")
    except ValueError as error:
        raise InvalidResult(f"the result cannot be stored: {refusal(error)}") from None


def _dump(value: Any, *, field: str, round_trip: bool = False) -> str:
    """JSON text of a value; uses pydantic only if the `json` module cannot serialize it.

    Raises:
        ValueError: JSON cannot represent it.
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
