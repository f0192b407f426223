"""Values of the types that task functions name. Pydantic is asked only where a hint says some."""

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
    """JSON values as what a type hint says; where it says nothing, all of them pass.

    Raises:
        Abort: No value can be told to be of the hint's type.
    """

    def __init__(self, hint: Any) -> None:
        if get_origin(hint) in _AWAITED:
            hint = get_args(hint)[-1]
        self._hint = hint
        self._is_none = hint is None or hint is type(None)
        self._is_anything = hint in _ANYTHING
        self._is_plain = is_plain(hint)
        if not (self._is_none or self._is_anything or self._is_plain):
            _ = self._adapter  # whether there is one at all is told before anything runs

    def argument(self, value: Any) -> Any:
        """The argument that a JSON value stands for.

        Raises:
            InvalidInput: It does not fit; every wrong field is named.
        """
        try:
            return self._parsed(value)
        except _Misfit as misfit:
            raise InvalidInput(misfit.text("input"), errors=misfit.details("input")) from None

    def result(self, value: Any) -> Any:
        """The result that a stored JSON value stands for.

        Raises:
            InvalidResult: It does not fit.
        """
        try:
            return self._parsed(value)
        except _Misfit as misfit:
            raise _wrong_result(misfit) from None

    def checked(self, result: Any) -> Any:
        """What a function returned, if it is of the type, strictly: "1" is no number.

        Instances pass, and what would be one if it were read from JSON: a dict for a model.

        Raises:
            InvalidResult: It is not, every wrong field is named; or JSON cannot hold it.
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
        """Whether it is plain to see that a value is right, as pydantic takes 140 ms to import."""
        if self._is_none or self._is_anything:
            return True
        return self._is_plain and fits(self._hint, value)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return _adapter(self._hint)


class _Misfit(Exception):
    """What is wrong with which field; a value that is wrong as a whole has no place."""

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
        # A model's fields may have been set to anything since, a dataclass's from the start.
        adapter.dump_python(typed, mode="json", warnings="error")
    except ValueError:  # of pydantic's validation, or of its serialization
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
    """What is wrong, a validator's own words as they are."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return str(error["msg"])
