"""Checks and converts values by type hints; uses pydantic only for hints that need it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Coroutine, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Never, NoReturn, get_args, get_origin

from taskmill.functions.json_types import fits, is_plain
from taskmill.functions.json_values import dump_result
from taskmill.model.errors import Abort, InvalidInput, InvalidResult

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_ANYTHING = (Any, object, NoReturn, Never)
_AWAITED = (Awaitable, Coroutine)


class Typed:
    """Converts JSON values to the type of a hint, and checks results; `Any` accepts everything.

    Raises:
        Abort: Pydantic cannot validate values of this type.
    """

    def __init__(self, hint: Any) -> None:
        if get_origin(hint) in _AWAITED:
            hint = get_args(hint)[-1]
        self._hint = hint
        self._is_none = hint is None or hint is type(None)
        self._is_anything = hint in _ANYTHING
        self._is_plain = is_plain(hint)
        if not (self._is_none or self._is_anything or self._is_plain):
            _ = self._adapter  # built now, so that an invalid hint raises before the function runs

    def argument(self, value: Any) -> Any:
        """Convert a JSON value to an argument.

        Raises:
            InvalidInput: It does not match the hint; the message names every wrong field.
        """
        try:
            return self._parsed(value)
        except _Misfit as misfit:
            raise InvalidInput(misfit.text("input"), errors=misfit.details("input")) from None

    def result(self, value: Any) -> Any:
        """Convert a stored JSON value to a result.

        Raises:
            InvalidResult: It does not match the hint.
        """
        try:
            return self._parsed(value)
        except _Misfit as misfit:
            raise _wrong_result(misfit) from None

    def checked(self, result: Any) -> Any:
        """Check what a function returned, in pydantic's strict mode: "1" is not a number.

        Accepts instances of the type, and what JSON can be parsed to one: a dict for a model.

        Raises:
            InvalidResult: It does not match the hint (the message names every wrong field), or
                JSON cannot represent it.
        """
        try:
            if self._is_none:
                _refuse_all_but_none(result)
            return result if self._passes(result) else _strictly(self._adapter, result)
        except _Misfit as misfit:
            raise _wrong_result(misfit) from None

    def _parsed(self, value: Any) -> Any:
        if self._is_none:
            _refuse_all_but_none(value)
        if self._passes(value):
            return value
        return _from_json(self._adapter, json.dumps(value), strict=False)

    def _passes(self, value: Any) -> bool:
        """Whether a value is valid without asking pydantic, which takes 140 ms to import."""
        if self._is_none or self._is_anything:
            return True
        return self._is_plain and fits(self._hint, value)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return _adapter(self._hint)


class _Misfit(Exception):
    """A value does not match: problems by field path, "" for the value as a whole."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def text(self, whole: str) -> str:
        return "; ".join(f"{each['field']}: {each['message']}" for each in self.details(whole))

    def details(self, whole: str) -> list[dict[str, str]]:
        return [{"field": place or whole, "message": what} for place, what in self.problems.items()]


def _adapter(hint: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        raise Abort(f"{hint!r} is no type for inputs and results: {error.message}") from None


def _strictly(adapter: TypeAdapter[Any], result: Any) -> Any:
    try:
        typed = adapter.validate_python(result, strict=True)
        # Serialize, too: attributes of an instance may have been set without validation.
        adapter.dump_python(typed, mode="json", warnings="error")
    except ValueError:  # from validation or serialization
        return _from_json(adapter, dump_result(result), strict=True)
    return typed


def _from_json(adapter: TypeAdapter[Any], text: str, *, strict: bool) -> Any:
    from pydantic import ValidationError

    try:
        return adapter.validate_json(text, strict=strict)
    except ValidationError as error:
        raise _Misfit({_place(each["loc"]): _problem(each) for each in error.errors()}) from None


def _refuse_all_but_none(value: Any) -> None:
    if value is not None:
        raise _Misfit({"": f"should be None, not {type(value).__name__}"})


def _wrong_result(misfit: _Misfit) -> InvalidResult:
    return InvalidResult(
        f"the result is not of its type: {misfit.text('result')}", errors=misfit.details("result")
    )


def _place(loc: Sequence[Any]) -> str:
    return ".".join(map(str, loc))


def _problem(error: Mapping[str, Any]) -> str:
    """The message of an error; that of a custom validator without pydantic's prefix."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return str(error["msg"])
