"""Converts arguments and results of task functions to JSON, where no type hint says what they are.

What comes back is the JSON form: a dict for a model, a list for a tuple, text for a date.
"""

from __future__ import annotations

import json
import math
from typing import Any

from taskmill.functions.json_types import is_json
from taskmill.model.errors import InvalidInput, InvalidRequest, InvalidResult
from taskmill.model.json_reading import MAX_LEVELS
from taskmill.model.json_text import dump_json, json_problem


def to_json_value(argument: Any) -> Any:
    """Convert an argument (builtins, models, dataclasses, dates and the like) to a JSON value.

    Raises:
        InvalidInput: JSON cannot represent it, or it has a secret.
    """
    try:
        # Without a model's computed fields, which it would not accept when it is parsed again.
        return _within_limits(_form(argument, field="input", round_trip=True))
    except _Unstorable as refused:
        details = [{"field": refused.place or "input", "message": refused.problem}]
        raise InvalidInput(f"the input cannot be stored: {refused}", errors=details) from None


def result_value(result: Any, *, reveal: bool = False) -> Any:
    """Convert a task function's result (models, dataclasses and dates included) to a JSON value.

    Args:
        reveal: Keep secrets, which are refused otherwise: the caller holds them against a type.

    Raises:
        InvalidResult: JSON cannot represent it, or it has a secret.
    """
    try:
        return _form(result, field="result", reveal=reveal)
    except _Unstorable as refused:
        raise InvalidResult(f"the result cannot be stored: {refused}") from None


def dump_result(result: Any, *, reveal: bool = False) -> str:
    """As `result_value`, but JSON text."""
    try:
        return dump_json(result_value(result, reveal=reveal), field="result")
    except InvalidRequest as refused:
        raise InvalidResult(f"the result cannot be stored: {refused.message}") from None


def _within_limits(value: Any) -> Any:
    if (problem := json_problem(value)) is not None:
        raise _Unstorable("", problem)
    return value


class _Unstorable(Exception):
    """JSON has no form for a value."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place
        self.problem = problem


def _form(value: Any, *, field: str, round_trip: bool = False, reveal: bool = False) -> Any:
    """The JSON form of a value; uses pydantic only for what is not JSON already."""
    try:
        if is_json(value):
            return value
        return _builtins(value, "")
    except _Unknown:
        pass
    except RecursionError:
        problem = f"it contains itself, or is nested more than {MAX_LEVELS} levels deep"
        raise _Unstorable("", problem) from None
    from taskmill.functions.json_forms import NoForm, untyped_form

    try:
        return untyped_form(value, round_trip=round_trip, reveal=reveal)
    except NoForm as refused:
        place, problem = next(iter(refused.problems.items()))
        raise _Unstorable(place, problem or f"{field} has no JSON form") from None


class _Unknown(Exception):
    """A value is none of the builtins that JSON has a form for."""


def _builtins(value: Any, place: str) -> Any:
    """JSON of builtins that are nearly JSON: tuples, keys that are numbers, subclasses of `str`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _Unstorable(place, f"{value} is no number that JSON has")
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, list | tuple):
        return [_builtins(each, _below(place, index)) for index, each in enumerate(value)]
    if type(value) is dict:
        return _object(value, place)
    raise _Unknown


def _object(value: dict[Any, Any], place: str) -> dict[str, Any]:
    named = {_name(name): _builtins(each, _below(place, name)) for name, each in value.items()}
    if len(named) < len(value):
        raise _Unstorable(place, "two of its keys are the same text in JSON")
    return named


def _name(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, bool):
        return json.dumps(key)
    if isinstance(key, int | float):
        return str(key)
    raise _Unknown


def _below(place: str, name: Any) -> str:
    return f"{place}.{name}" if place else str(name)
