"""Pydantic's adapters of type hints, and what they make of values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskmill.functions.json_values import dump_result
from taskmill.functions.misfits import misfit_of
from taskmill.model.errors import Abort

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def adapter_of(hint: Any) -> TypeAdapter[Any]:
    """The adapter of a hint.

    Raises:
        Abort: It is no type.
    """
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(hint)
    except PydanticUserError as error:
        raise no_type(hint, error.message) from None
    except Exception as error:  # noqa: BLE001  # hints are any objects, with hooks of their own
        raise no_type(hint, f"{type(error).__name__}: {error}") from None


def no_type(hint: Any, why: str) -> Abort:
    """The refusal of a hint."""
    return Abort(f"{hint!r} is no type for inputs and results: {why}")


def is_loose(adapter: TypeAdapter[Any], typed: Any) -> bool:
    """Whether attributes of an instance were set without validation."""
    try:
        adapter.dump_python(typed, mode="json", warnings="error")
    except ValueError:
        return True
    return False


def strictly(adapter: TypeAdapter[Any], result: Any) -> tuple[Any, bool]:
    """The result as its type has it, without conversions, and whether it is loose."""
    try:
        typed = adapter.validate_python(result, strict=True, by_alias=True, by_name=True)
    except ValueError:
        # A secret is kept only if the type takes it for one: it is no `str`.
        text = dump_result(result, reveal=takes(adapter, result))
        return from_json(adapter, text, strict=True), False
    if is_loose(adapter, typed):
        from_json(adapter, dump_result(result, reveal=True), strict=True)  # raises for wrong ones
        return typed, True
    return typed, False


def takes(adapter: TypeAdapter[Any], value: Any) -> bool:
    """Whether the type accepts a value, perhaps converted."""
    try:
        adapter.validate_python(value, by_alias=True, by_name=True)
    except ValueError:
        return False
    return True


def from_json(adapter: TypeAdapter[Any], text: str, *, strict: bool) -> Any:
    """The typed value of JSON text; raises `Misfit`."""
    from pydantic import ValidationError

    from taskmill.functions.json_forms import read

    try:
        return read(adapter, text, strict=strict)
    except ValidationError as error:
        raise misfit_of(error) from None
