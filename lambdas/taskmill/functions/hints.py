"""Type hints as values are checked by them: bare generics, iterators, and what means nothing."""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from types import ModuleType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    LiteralString,
    Never,
    NoReturn,
    Optional,
    ParamSpec,
    Union,
    get_args,
    get_origin,
)

ANYTHING = (Any, object, NoReturn, Never)

_AWAITED = (abc.Awaitable, abc.Coroutine)
_ITERATORS = (abc.Iterator, abc.Generator)
_ASYNC = (abc.AsyncIterator, abc.AsyncGenerator, abc.AsyncIterable)
# The values of these are stored one after the other, and come back as a list.
_LISTED = (*_ITERATORS, *_ASYNC, abc.Iterable)
_BARE: Mapping[Any, Any] = {
    list: list,
    dict: dict,
    LiteralString: str,
    **dict.fromkeys(_LISTED, list),
    **dict.fromkeys(_AWAITED, Any),
}
_FORMS = (Union, Optional, Literal, Annotated)
_SPECIAL = type(ClassVar)  # of every name of `typing` that means nothing without arguments


def stored_hint(hint: Any) -> Any:
    """The hint that stored values are held against: `list[int]` for an `Iterator[int]`.

    `List` and `Dict` without arguments are `list` and `dict`, and `Awaitable[int]` is `int`.
    """
    origin, arguments = _parts(hint)
    if not arguments:
        return _BARE.get(hint if hint is LiteralString else origin, hint)
    if origin in _AWAITED:
        return stored_hint(arguments[-1])
    if origin in _LISTED:
        return list[stored_hint(arguments[0])]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(map(stored_hint, arguments))]  # noqa: UP007  # made at run time
    if origin is Annotated:
        return Annotated[(stored_hint(arguments[0]), *hint.__metadata__)]
    return hint


def asks_for_iterator(hint: Any) -> bool:
    """Whether a function with this hint may call `next` with its argument."""
    return _any_part(hint, _ITERATORS)


def asks_for_later(hint: Any) -> bool:
    """Whether it is an async iterator or an awaitable, which no stored value can be."""
    return _any_part(hint, (*_ASYNC, *_AWAITED))


def is_meaningless(hint: Any) -> bool:
    """Whether a hint names no type at all: `Optional` and the like without arguments, `3`, `[int]`.

    Others may still turn out to be no type that pydantic validates, such as a class of your own.
    """
    if any(hint is each for each in ANYTHING) or hint is LiteralString:
        return False
    if any(hint is each for each in _FORMS) or isinstance(hint, _SPECIAL | ParamSpec | ModuleType):
        return True
    return isinstance(hint, int | float | list | tuple | dict | set | bytes) or hint is Ellipsis


def _parts(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """Origin and arguments; `collections.abc.Iterator` has an origin as `typing.Iterator` has."""
    if any(hint is each for each in (*_LISTED, *_AWAITED)):
        return hint, ()
    return get_origin(hint), get_args(hint)


def _any_part(hint: Any, wanted: tuple[Any, ...]) -> bool:
    origin, arguments = _parts(hint)
    if origin in (Union, UnionType, Annotated):
        return any(_any_part(each, wanted) for each in arguments)
    return origin in wanted
