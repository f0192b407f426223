"""Where a value that came back from JSON is not the one that was given."""

from __future__ import annotations

import dataclasses
import math
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time
from typing import Any

from taskmill.functions.json_types import is_json
from taskmill.functions.secret_values import is_secret

Place = tuple[Any, ...]  # names and indexes, as in the JSON form

_MISSING = object()
_ORDERED = (list, tuple, deque)
_CONTAINERS = (Mapping, *_ORDERED)
_NUMBERS = (int, float)
HELD_SECRET = "is a secret, which is kept only where the type hint says so"  # noqa: S105
ITERATOR = "is an iterator, which is read only once: give a list"

_SHOWN = 60  # characters of a value in a message


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """A value that is another when it comes back from JSON.

    Attributes:
        private: It is a private attribute of a model, which JSON does not have.
    """

    place: Place
    given: Any
    back: Any
    private: bool = False

    @property
    def text_of_place(self) -> str:
        return ".".join(map(str, self.place))

    @property
    def is_no_number(self) -> bool:
        """Whether it is a NaN or infinite, which JSON does not have."""
        return isinstance(self.given, float) and not math.isfinite(self.given)

    @property
    def problem(self) -> str:
        if self.is_no_number:
            return f"{self.given} is no number that JSON has"
        if is_secret(self.given) or isinstance(self.given, Iterator):
            return ITERATOR if isinstance(self.given, Iterator) else HELD_SECRET
        if self.private:
            return "is a private attribute, which JSON does not keep"
        if self.back is _MISSING:
            return f"is {_shown(self.given)} and is left out of the JSON"
        if self.given is _MISSING:
            return f"is not set, but comes back as {_shown(self.back)}"
        return self._change

    @property
    def _change(self) -> str:
        text = f"is {_shown(self.given)}, but comes back from JSON as {_shown(self.back)}"
        if not has_fields(self.given):
            return text
        return f"{text}: a hint that names its class, or a union with a discriminator, keeps it"


def differences(
    given: Any, back: Any, *, by_alias: bool, loose: bool = False, place: Place = ()
) -> Iterator[Difference]:
    """Each place where the two differ in value or class.

    Args:
        by_alias: Whether the JSON form has the aliases of fields.
        loose: Accept that JSON values in `given` became what the type makes of them.
    """
    if isinstance(given, Iterator):
        yield Difference(place, given, back)
        return
    if given is back or _is_taken(given, back, loose=loose):
        return
    if _class_of(given) is not _class_of(back) and not _alike(given, back, loose=loose):
        yield Difference(place, given, back)
        return
    ours, theirs = (_parts(each, by_alias=by_alias) for each in (given, back))
    if ours is None or theirs is None:
        if not _same(given, back):
            yield Difference(place, given, back)
    elif isinstance(given, _CONTAINERS) and ours.keys() != theirs.keys():
        yield Difference(place, given, back)  # keys of a dict became text, or one is missing
    else:
        for name in {**ours, **theirs}:
            one, other = (each.get(name, _MISSING) for each in (ours, theirs))
            below = place if name is _ROOT else (*place, name)
            yield from differences(one, other, by_alias=by_alias, loose=loose, place=below)
        yield from _private_differences(given, back, place)


_ROOT = object()  # of a RootModel: its value has the place of the model


def _parts(value: Any, *, by_alias: bool) -> dict[Any, Any] | None:
    """What a value consists of, by its names in the JSON form; None: it has no parts."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, _ORDERED):
        return dict(enumerate(value))
    if fields := _fields_of_model(value):
        return _parts_of_model(value, fields, by_alias=by_alias)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value)]
        return {name: getattr(value, name, _MISSING) for name in names}
    return None


def _parts_of_model(value: Any, fields: Mapping[str, Any], *, by_alias: bool) -> dict[Any, Any]:
    held = vars(value)
    if set(fields) == {"root"}:
        return {_ROOT: held["root"]}
    named = {
        (field.serialization_alias or name) if by_alias else name: held.get(name, _MISSING)
        for name, field in fields.items()
    }
    return named | (getattr(value, "__pydantic_extra__", None) or {})


def _fields_of_model(value: Any) -> Mapping[str, Any]:
    return getattr(type(value), "__pydantic_fields__", {}) if hasattr(value, "__dict__") else {}


def _private_differences(given: Any, back: Any, place: Place) -> Iterator[Difference]:
    ours, theirs = (getattr(each, "__pydantic_private__", None) or {} for each in (given, back))
    for name, value in ours.items():
        other = theirs.get(name, _MISSING)
        if _is_its_own(value) or _same(value, other):  # a lock, a client
            continue
        yield Difference((*place, name), value, other, private=True)


def _class_of(value: Any) -> Any:
    """Its class; `Box` for a `Box[int]`, which differ only in what they validate."""
    generic = getattr(type(value), "__pydantic_generic_metadata__", None) or {}
    return generic.get("origin") or type(value)


def _alike(given: Any, back: Any, *, loose: bool) -> bool:
    """Whether values of two classes are worth a closer look."""
    if type(given) in _NUMBERS and type(back) in _NUMBERS:
        return True
    return loose and isinstance(given, _ORDERED) and isinstance(back, _ORDERED)


def _is_taken(given: Any, back: Any, *, loose: bool) -> bool:
    """Whether an attribute was set to the JSON form of what its type says."""
    return loose and is_json(given) and not is_json(back)


def _same(given: Any, back: Any) -> bool:
    if is_secret(given) and is_secret(back):
        return bool(given.get_secret_value() == back.get_secret_value())
    if isinstance(given, datetime | time) and (given.tzinfo is None) != (back.tzinfo is None):
        return False
    if isinstance(given, datetime) and given.tzinfo is not None:
        # In UTC: an hour that a change of clocks repeats is equal to no time of another zone.
        return bool(given.astimezone(UTC) == back.astimezone(UTC))
    return _equal(given, back)


def _equal(given: Any, back: Any) -> bool:
    try:
        if given == back or (given != given and back != back):  # noqa: PLR0124  # a NaN
            return True
    except Exception:  # noqa: BLE001  # classes of the user's decide what is equal
        return False
    return _is_its_own(given) and hasattr(given, "__dict__") and _equal(vars(given), vars(back))


def _is_its_own(value: Any) -> bool:
    """Whether its class leaves it equal to nothing but itself."""
    equals: Any = type(value).__eq__
    return equals is object.__eq__


def has_fields(value: Any) -> bool:
    return bool(_fields_of_model(value)) or dataclasses.is_dataclass(value)


def _shown(value: Any) -> str:
    kind = type(value).__name__
    if has_fields(value):
        return f"of the class {kind}"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # classes of the user's
        return f"of the class {kind}"
    text = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return f"{text} ({kind})"
