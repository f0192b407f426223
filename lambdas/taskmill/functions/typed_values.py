"""Checks and converts values by type hints; uses pydantic only for hints that need it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taskmill.functions.hints import (
    ANYTHING,
    asks_for_iterator,
    asks_for_later,
    is_meaningless,
    stored_hint,
)
from taskmill.functions.json_types import fits, is_json, is_plain
from taskmill.functions.json_values import dump_result, result_value, to_json_value
from taskmill.model.errors import Abort, InvalidInput, InvalidResult

if TYPE_CHECKING:
    from pydantic import TypeAdapter


_ENDLESS = "contains itself, or is nested too deeply"


class Typed:
    """Converts JSON values to the type of a hint, and checks results; `Any` accepts everything.

    Raises:
        Abort: The hint is no type, or pydantic cannot validate values of it.
    """

    def __init__(self, hint: Any) -> None:
        if is_meaningless(hint):
            raise _no_type(hint, "it names no type")
        self._given_hint = hint
        self._hint = hint = stored_hint(hint)
        self._is_none = hint is None or hint is type(None)
        self._is_anything = any(hint is each for each in ANYTHING)
        self._is_plain = is_plain(hint)
        if not (self._is_none or self._is_anything or self._is_plain):
            _ = self._adapter  # built now, so that an invalid hint raises before the function runs

    def argument(self, value: Any) -> Any:
        """Convert a JSON value to an argument.

        Raises:
            InvalidInput: It does not match the hint; the message names every wrong field.
        """
        try:
            argument = self._parsed(value)
        except _Misfit as misfit:
            raise _wrong_input(misfit) from None
        if asks_for_iterator(self._given_hint) and isinstance(argument, list):
            return iter(argument)
        return argument

    def input_form(self, argument: Any) -> Any:
        """Convert an argument to the JSON value that `argument` makes the same argument of.

        Accepts what is of the type, and its JSON form.

        Raises:
            InvalidInput: It does not match the hint, JSON cannot represent it, or it would come
                back as something else; the message names every such field.
        """
        try:
            self._refuse_what_comes_later()
            if isinstance(argument, Iterator) and (
                self._is_anything or self._hint is not self._given_hint
            ):
                argument = list(argument)
            if self._is_anything:
                return to_json_value(argument)
            if is_json(argument) or self._is_none:
                self._parsed(argument)
                return argument
            return self._input_form(argument)
        except _Misfit as misfit:
            raise _wrong_input(misfit) from None
        except RecursionError:
            raise _wrong_input(_Misfit({"": _ENDLESS})) from None

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
        typed, loose = self._checked(result)
        return self._parsed(self.result_form(result)) if loose else typed

    def result_form(self, result: Any) -> Any:
        """Convert what a function returned to the JSON value that `result` makes the same of.

        Raises:
            InvalidResult: As `checked`, or it would come back as something else.
        """
        try:
            return self._result_form(*self._checked(result))
        except RecursionError:
            raise _wrong_result(_Misfit({"": _ENDLESS})) from None

    def _result_form(self, typed: Any, loose: bool) -> Any:  # noqa: FBT001  # a pair, taken apart
        if self._is_none or self._is_anything:
            return result_value(typed)
        if is_json(typed):
            return typed
        from taskmill.functions.json_forms import NoForm, Unstorable, json_form

        try:
            return json_form(self._adapter, typed, computed=True, loose=loose)
        except Unstorable as refused:
            misfit = _Misfit(refused.problems)
            raise InvalidResult(f"the result cannot be stored: {misfit.text('')}") from None
        except NoForm as refused:
            raise _wrong_result(_Misfit(refused.problems)) from None

    def _refuse_what_comes_later(self) -> None:
        if asks_for_later(self._given_hint):
            raise _Misfit({"": f"{self._given_hint!r} is no type for an input, which is stored"})

    @cached_property
    def has_secrets(self) -> bool:
        """Whether values of the type may hold secrets of pydantic's."""
        if self._is_none or self._is_anything or self._is_plain:
            return False
        # A copy, as a model that is built on first use has no schema until somebody looks inside.
        return "Secret" in repr(dict(self._adapter.core_schema))

    def _parsed(self, value: Any) -> Any:
        if self._is_none:
            _refuse_all_but_none(value)
        if self._passes(value):
            return value
        return _from_json(self._adapter, json.dumps(value), strict=False)

    def _checked(self, result: Any) -> tuple[Any, bool]:
        """The result as its type, and whether parts of it may still be in their JSON form."""
        try:
            if self._is_none:
                _refuse_all_but_none(result)
            if self._passes(result):
                return result, False
            return _strictly(self._adapter, _listed(result, self._hint, self._given_hint))
        except _Misfit as misfit:
            raise _wrong_result(misfit) from None

    def _input_form(self, argument: Any) -> Any:
        from pydantic import ValidationError

        from taskmill.functions.json_forms import NoForm, json_form

        try:
            typed = self._adapter.validate_python(argument, by_alias=True, by_name=True)
        except ValidationError as error:
            return self._form_of_another_class(argument, error)
        try:
            return json_form(
                self._adapter, typed, computed=False, loose=_is_loose(self._adapter, typed)
            )
        except NoForm as refused:
            raise _Misfit(refused.problems) from None

    def _form_of_another_class(self, argument: Any, error: Any) -> Any:
        """The form of a model of another class, if the function's own takes all that it says."""
        from taskmill.functions.json_forms import NoForm, untyped_form

        try:
            plain = untyped_form(argument, round_trip=True)
        except NoForm:
            raise _misfit(error) from None
        typed = self._parsed(plain)  # names the fields that the type does not have
        try:
            same = untyped_form(typed, round_trip=True) == plain
        except NoForm:
            same = False
        if not (same and isinstance(plain, dict) and not isinstance(argument, dict)):
            raise _misfit(error)
        return plain

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
        lines = self.details(whole)
        return "; ".join(
            f"{each['field']}: {each['message']}" if each["field"] else each["message"]
            for each in lines
        )

    def details(self, whole: str) -> list[dict[str, str]]:
        return [{"field": place or whole, "message": what} for place, what in self.problems.items()]


def _adapter(hint: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        raise _no_type(hint, error.message) from None
    except Exception as error:  # noqa: BLE001  # hints are any objects, with hooks of their own
        raise _no_type(hint, f"{type(error).__name__}: {error}") from None


def _no_type(hint: Any, why: str) -> Abort:
    return Abort(f"{hint!r} is no type for inputs and results: {why}")


def _listed(result: Any, hint: Any, given_hint: Any) -> Any:
    """The values of an iterator, if the hint asks for one."""
    return list(result) if isinstance(result, Iterator) and hint is not given_hint else result


def _is_loose(adapter: TypeAdapter[Any], typed: Any) -> bool:
    """Whether attributes of an instance were set without validation."""
    try:
        adapter.dump_python(typed, mode="json", warnings="error")
    except ValueError:
        return True
    return False


def _strictly(adapter: TypeAdapter[Any], result: Any) -> tuple[Any, bool]:
    try:
        typed = adapter.validate_python(result, strict=True, by_alias=True, by_name=True)
    except ValueError:
        # A secret is kept only if the type takes it for one: it is no `str`.
        text = dump_result(result, reveal=_takes(adapter, result))
        return _from_json(adapter, text, strict=True), False
    if _is_loose(adapter, typed):
        _from_json(adapter, dump_result(result, reveal=True), strict=True)  # raises for wrong ones
        return typed, True
    return typed, False


def _takes(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value, by_alias=True, by_name=True)
    except ValueError:
        return False
    return True


def _from_json(adapter: TypeAdapter[Any], text: str, *, strict: bool) -> Any:
    from pydantic import ValidationError

    from taskmill.functions.json_forms import read

    try:
        return read(adapter, text, strict=strict)
    except ValidationError as error:
        raise _misfit(error) from None


def _misfit(error: Any) -> _Misfit:
    return _Misfit({_place(each["loc"]): _problem(each) for each in error.errors()})


def _refuse_all_but_none(value: Any) -> None:
    if value is not None:
        raise _Misfit({"": f"should be None, not {type(value).__name__}"})


def _wrong_input(misfit: _Misfit) -> InvalidInput:
    return InvalidInput(misfit.text("input"), errors=misfit.details("input"))


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
