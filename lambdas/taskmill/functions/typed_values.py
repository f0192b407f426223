"""Checks and converts values by type hints; uses pydantic only for hints that need it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from taskmill.functions.adapters import adapter_of, from_json, is_loose, no_type, strictly
from taskmill.functions.hints import (
    ANYTHING,
    asks_for_iterator,
    asks_for_later,
    is_meaningless,
    stored_hint,
)
from taskmill.functions.json_types import fits, is_json, is_plain
from taskmill.functions.json_values import result_value, to_json_value
from taskmill.functions.misfits import Misfit, misfit_of, wrong_input, wrong_result
from taskmill.model.errors import InvalidResult

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from taskmill.functions.secret_fields import SecretFields

_ENDLESS = "contains itself, or is nested too deeply"


class Typed:
    """Converts JSON values to the type of a hint, and checks results; `Any` accepts everything.

    Raises:
        Abort: The hint is no type, or pydantic cannot validate values of it.
    """

    def __init__(self, hint: Any) -> None:
        if is_meaningless(hint):
            raise no_type(hint, "it names no type")
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
        except Misfit as misfit:
            raise wrong_input(misfit) from None
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
        except Misfit as misfit:
            raise wrong_input(misfit) from None
        except RecursionError:
            raise wrong_input(Misfit({"": _ENDLESS})) from None

    def result(self, value: Any) -> Any:
        """Convert a stored JSON value to a result.

        Raises:
            InvalidResult: It does not match the hint.
        """
        try:
            return self._parsed(value)
        except Misfit as misfit:
            raise wrong_result(misfit) from None

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
            raise wrong_result(Misfit({"": _ENDLESS})) from None

    def _result_form(self, typed: Any, loose: bool) -> Any:  # noqa: FBT001  # a pair, taken apart
        if self._is_none or self._is_anything:
            return result_value(typed)
        if is_json(typed):
            return typed
        from taskmill.functions.json_forms import NoForm, Unstorable, json_form

        try:
            return json_form(self._adapter, typed, computed=True, loose=loose)
        except Unstorable as refused:
            misfit = Misfit(refused.problems)
            raise InvalidResult(f"the result cannot be stored: {misfit.text('')}") from None
        except NoForm as refused:
            raise wrong_result(Misfit(refused.problems)) from None

    def _refuse_what_comes_later(self) -> None:
        if asks_for_later(self._given_hint):
            raise Misfit({"": f"{self._given_hint!r} is no type for an input, which is stored"})

    @cached_property
    def has_secrets(self) -> bool:
        """Whether values of the type may hold secrets: pydantic's, or what is marked as one."""
        return self.secrets is not None

    @cached_property
    def secrets(self) -> SecretFields | None:
        """Where values of the type hold secrets; None: nowhere."""
        if self._is_none or self._is_anything or self._is_plain:
            return None
        from taskmill.functions.secret_fields import SecretFields

        # A copy, as a model that is built on first use has no schema until somebody looks inside.
        found = SecretFields(dict(self._adapter.core_schema))
        return found if found.any() else None

    def json_schema(self) -> dict[str, Any] | None:
        """The JSON Schema of values as they are given; None: anything, or a type without one."""
        if self._is_anything:
            return None
        from pydantic.errors import PydanticInvalidForJsonSchema, PydanticUserError

        try:
            schema = self._adapter.json_schema()
        except (PydanticInvalidForJsonSchema, PydanticUserError):
            return None
        return schema if self.secrets is None else self.secrets.without_defaults(schema)

    def _parsed(self, value: Any) -> Any:
        if self._is_none:
            _refuse_all_but_none(value)
        if self._passes(value):
            return value
        return from_json(self._adapter, json.dumps(value), strict=False)

    def _checked(self, result: Any) -> tuple[Any, bool]:
        """The result as its type, and whether parts of it may still be in their JSON form."""
        try:
            if self._is_none:
                _refuse_all_but_none(result)
            if self._passes(result):
                return result, False
            return strictly(self._adapter, _listed(result, self._hint, self._given_hint))
        except Misfit as misfit:
            raise wrong_result(misfit) from None

    def _input_form(self, argument: Any) -> Any:
        from pydantic import ValidationError

        from taskmill.functions.json_forms import NoForm, json_form

        try:
            typed = self._adapter.validate_python(argument, by_alias=True, by_name=True)
        except ValidationError as error:
            return self._form_of_another_class(argument, error)
        try:
            return json_form(
                self._adapter, typed, computed=False, loose=is_loose(self._adapter, typed)
            )
        except NoForm as refused:
            raise Misfit(refused.problems) from None

    def _form_of_another_class(self, argument: Any, error: Any) -> Any:
        """The form of a model of another class, if the function's own takes all that it says."""
        from taskmill.functions.json_forms import NoForm, untyped_form

        try:
            plain = untyped_form(argument, round_trip=True)
        except NoForm:
            raise misfit_of(error) from None
        typed = self._parsed(plain)  # names the fields that the type does not have
        try:
            same = untyped_form(typed, round_trip=True) == plain
        except NoForm:
            same = False
        if not (same and isinstance(plain, dict) and not isinstance(argument, dict)):
            raise misfit_of(error)
        return plain

    def _passes(self, value: Any) -> bool:
        """Whether a value is valid without asking pydantic, which takes 140 ms to import."""
        if self._is_none or self._is_anything:
            return True
        return self._is_plain and fits(self._hint, value)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return adapter_of(self._hint)


def _refuse_all_but_none(value: Any) -> None:
    if value is not None:
        raise Misfit({"": f"should be None, not {type(value).__name__}"})


def _listed(result: Any, hint: Any, given_hint: Any) -> Any:
    """The values of an iterator, if the hint asks for one."""
    return list(result) if isinstance(result, Iterator) and hint is not given_hint else result
