"""The JSON form of a typed value that comes back as the same value, or a refusal.

Pydantic's own JSON is made to be read by others: it masks secrets, leaves fields out and forgets
which class a value was of. A task's input and result are read again by their type hint, so the
form that is stored is read back first and compared with what was given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from taskmill.functions.differences import (
    HELD_SECRET,
    ITERATOR,
    Difference,
    differences,
    has_fields,
)
from taskmill.functions.json_types import is_json
from taskmill.functions.secret_values import revealed, secrets_in
from taskmill.model.errors import InvalidRequest
from taskmill.model.json_text import dump_json

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# A form is tried after another: with aliases and secrets masked, as most types are stored; with
# secrets in the clear; under the fields' own names, where a model reads other aliases than it
# writes. Results are tried with computed fields first: whoever reads JSON may want them.
_FORMS = (
    {"by_alias": True, "reveal": False},
    {"by_alias": True, "reveal": True},
    {"by_alias": False, "reveal": True},
)
_FORMS_OF_RESULTS = (
    *({**form, "round_trip": False} for form in _FORMS[:2]),
    *_FORMS,
)
# No type but `Any` takes all of these.
_ODD: tuple[Any, ...] = ([{"": 0.5}], {"": [None]}, True)
_PROBES = 20  # places that are tried one by one, to name the one that is not `Any`


class NoForm(Exception):
    """No JSON form gives the value back; `problems` are the reasons by place."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(problems)
        self.problems = problems


class Unstorable(NoForm):
    """JSON cannot represent the value at all."""


def json_form(adapter: TypeAdapter[Any], value: Any, *, computed: bool, loose: bool = False) -> Any:
    """The JSON value that `read` makes the same typed value of.

    Args:
        value: Of the adapter's type.
        computed: Try to keep computed fields of models.
        loose: Attributes of the value were set without validation: those that are JSON may
            become what their type makes of them.

    Raises:
        NoForm: There is none; the problems name each field that would be lost.
    """
    first: NoForm | None = None
    for form in _FORMS_OF_RESULTS if computed else _FORMS:
        try:
            return _tried(adapter, value, loose=loose, **form)
        except NoForm as refused:
            # What is masked in one form and not in the next is no reason.
            first = refused if first is None or form["by_alias"] else first
    raise first or NoForm({})


def read(adapter: TypeAdapter[Any], text: str, *, strict: bool = False) -> Any:
    """Validate JSON text; fields of models go by their alias or by their name."""
    return adapter.validate_json(text, strict=strict, by_alias=True, by_name=True)


def untyped_form(value: Any, *, round_trip: bool, reveal: bool = False) -> Any:
    """The JSON form of a value whose hint says nothing of its type: a model becomes a dict.

    Args:
        round_trip: Without the computed fields of models.
        reveal: Keep secrets; otherwise a value with a secret is refused.

    Raises:
        NoForm: JSON cannot represent it, or it has a secret.
    """
    if is_json(value):
        return value
    from pydantic_core import to_jsonable_python

    structure = _structure(value, round_trip=round_trip)
    for place, leaf in _leaves(structure):
        if isinstance(leaf, Iterator):
            raise Unstorable({place: ITERATOR})
    if not reveal:
        for place, _ in secrets_in(structure):
            raise Unstorable({place: HELD_SECRET})
    try:
        plain = to_jsonable_python(
            value, by_alias=True, inf_nan_mode="constants", round_trip=round_trip
        )
    except ValueError as error:
        raise Unstorable(_unstorable(structure) or {"": str(error)}) from None
    _check_names(structure, plain)
    return _storable(revealed(structure, plain) if reveal else plain)


def _tried(
    adapter: TypeAdapter[Any],
    value: Any,
    *,
    by_alias: bool,
    reveal: bool,
    loose: bool,
    round_trip: bool = True,
) -> Any:
    options: dict[str, Any] = {
        "by_alias": by_alias,
        "round_trip": round_trip,
        "warnings": False,
    }
    try:
        plain = adapter.dump_python(value, mode="json", **options)
        if reveal:
            plain = revealed(adapter.dump_python(value, **options), plain)
    except ValueError as error:  # PydanticSerializationError is one
        if not loose:
            structure = _structure(value, round_trip=round_trip)
            raise Unstorable(_unstorable(structure) or {"": str(error)}) from None
        plain = untyped_form(value, round_trip=round_trip, reveal=reveal)
    plain = _storable(plain)
    back = _read_back(adapter, plain)
    found = list(differences(value, back, by_alias=by_alias, loose=loose))
    if found and all(each.private for each in found):
        # What is another each time a model is made (a time, a lock) was never the caller's.
        again = differences(back, _read_back(adapter, plain), by_alias=by_alias)
        anew = {each.place for each in again}
        found = [each for each in found if each.place not in anew]
    lost = _typed(adapter, plain, found) if found else []
    if lost:
        kind = Unstorable if any(each.is_no_number for each in lost) else NoForm
        raise kind({each.text_of_place: _problem(each) for each in lost})
    return json_form(adapter, back, computed=not round_trip) if loose else plain


def _read_back(adapter: TypeAdapter[Any], plain: Any) -> Any:
    from pydantic import ValidationError

    try:
        return read(adapter, dump_json(plain, field="value"))
    except ValidationError as error:
        raise NoForm(
            {
                ".".join(map(str, each["loc"])): f"cannot be read again from JSON: {each['msg']}"
                for each in error.errors(include_url=False, include_context=False)
            }
        ) from None


def _typed(adapter: TypeAdapter[Any], plain: Any, found: list[Difference]) -> list[Difference]:
    """Those differences that lie where a type is named.

    Where the hint is `Any`, the JSON form of a value is all that it says. Whether it is `Any`
    there is found out by asking: no other type takes whatever stands in its place.
    """
    lost = [each for each in found if not _is_form(each)]
    open_ = [each for each in found if _is_form(each)]
    if not open_ or _takes_anything(adapter, plain, open_):
        return lost
    named = [each for each in open_[:_PROBES] if not _takes_anything(adapter, plain, [each])]
    return [*lost, *(named or open_[:1])]


def _is_form(difference: Difference) -> bool:
    """Whether what came back is the JSON form of what was given, and no secret is in it."""
    if not is_json(difference.back) or isinstance(difference.given, Iterator):
        return False
    try:
        return bool(untyped_form(difference.given, round_trip=True) == difference.back)
    except (NoForm, RecursionError):
        return False


def _problem(difference: Difference) -> str:
    """Why it is refused; shows no secret that lies deeper in the value."""
    if has_fields(difference.given) and has_fields(difference.back):
        return difference.problem  # shows the classes only
    try:
        structure = _structure(difference.given, round_trip=True)
        return HELD_SECRET if any(secrets_in(structure)) else difference.problem
    except (NoForm, RecursionError):
        return difference.problem


def _takes_anything(adapter: TypeAdapter[Any], plain: Any, found: list[Difference]) -> bool:
    places = [each.place for each in found]
    for odd in _ODD:
        try:
            read(adapter, dump_json(_replaced(plain, places, odd), field="value"))
        except Exception:  # noqa: BLE001  # validators of the user's may raise anything
            return False
    return True


def _replaced(plain: Any, places: list[tuple[Any, ...]], odd: Any) -> Any:
    if () in places:
        return odd
    if not isinstance(plain, dict | list):
        return plain
    below: dict[Any, list[tuple[Any, ...]]] = {}
    for first, *rest in places:
        below.setdefault(first, []).append(tuple(rest))
    if isinstance(plain, dict):
        return {
            name: _replaced(each, below[name], odd) if name in below else each
            for name, each in plain.items()
        }
    return [
        _replaced(each, below[index], odd) if index in below else each
        for index, each in enumerate(plain)
    ]


def _structure(value: Any, *, round_trip: bool) -> Any:
    """The value with its models and dataclasses as dicts; everything else as it is."""
    from pydantic import TypeAdapter

    try:
        return TypeAdapter(Any).dump_python(
            value, by_alias=True, round_trip=round_trip, warnings=False
        )
    except ValueError as error:
        raise Unstorable({"": str(error)}) from None


def _storable(plain: Any) -> Any:
    """`plain`, if it is JSON: a NaN is not."""
    try:
        dump_json(plain, field="value")
    except InvalidRequest as refused:
        raise Unstorable(_unstorable(plain) or {"": refused.message}) from None
    return plain


def _unstorable(structure: Any) -> dict[str, str]:
    """The first place that JSON has no form for, and why."""
    from pydantic_core import to_jsonable_python

    for place, leaf in _leaves(structure):
        if isinstance(leaf, float) and not math.isfinite(leaf):
            return {place: f"{leaf} is no number that JSON has"}
        try:
            dump_json(to_jsonable_python(leaf, inf_nan_mode="constants"), field="it")
        except InvalidRequest as refused:
            return {place: f"cannot be stored: {refused.message}"}
        except ValueError as error:
            return {place: f"cannot be stored: {error}"}
    return {}


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list | tuple | set | frozenset):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{place}.{index}" if place else str(index))
    else:
        yield place, value


def _check_names(value: Any, plain: Any, place: str = "") -> None:
    """Refuse a dict two of whose keys are the same text in JSON: one would replace the other."""
    if isinstance(value, Mapping) and isinstance(plain, dict):
        if len(value) != len(plain):
            raise Unstorable({place: "two of its keys are the same text in JSON"})
        for name, below, text in zip(value, value.values(), plain.values(), strict=True):
            _check_names(below, text, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list | tuple) and isinstance(plain, list):
        for index, (below, text) in enumerate(zip(value, plain, strict=False)):
            _check_names(below, text, f"{place}.{index}" if place else str(index))
