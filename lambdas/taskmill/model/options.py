"""Checks of options where they are given: in words that name the option, its value, the limit."""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, ParamSpec, TypeVar

from taskmill.model.errors import InvalidKey, InvalidName, InvalidOption, WrongOptionType
from taskmill.model.keys import check_name

P = ParamSpec("P")
R = TypeVar("R")

_SHOWN = 80  # characters of a value in a message


def suggests(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: an unknown keyword is refused together with the one that was probably meant."""
    parameters = inspect.signature(function).parameters
    known = [name for name, each in parameters.items() if each.kind is not each.POSITIONAL_ONLY]

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                raise TypeError(unknown_option(function.__qualname__, name, known))
        return function(*args, **kwargs)

    return called


_OF_KEYS = ("unique", "debounce")


def unknown_option(callee: str, name: str, known: Iterable[str]) -> str:
    """The message for a keyword that `callee` does not take."""
    if name in _OF_KEYS and (callee.startswith("ChildCalls.") or callee.endswith(".map")):
        return (
            f"{callee} has no option {name!r}: children and fan-outs have no keys; a task that"
            " is no child may have one, with TaskFunction.submit"
        )
    hint = hint_at(name, [each for each in known if each != "self"])
    return f"{callee.removesuffix('.__init__')} has no option {name!r}{hint}"


def hint_at(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the known one that is most alike, if any is."""
    alike = _alike(name, known)
    return f"; did you mean {alike[0]!r}?" if alike else ""


def hint_within(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """The same for the middle of a message, after the name. `cutoff`: as of `difflib`."""
    alike = _alike(name, known, cutoff)
    return f" (did you mean {alike[0]!r}?)" if alike else ""


def _alike(name: str, known: Iterable[str], cutoff: float = 0.5) -> list[str]:
    import difflib  # for messages only

    return difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)


def check_whole(name: str, value: Any, *, least: int, most: int | None = None) -> int:
    """Return a whole number within its limits; True is none.

    Raises:
        InvalidOption: It is another, or no whole number.
    """
    wanted = (
        f"a whole number from {least:,} to {most:,}" if most else f"a whole number, {least} or more"
    )
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse_type(name, value, wanted)
    if value < least or (most is not None and value > most):
        raise InvalidOption(f"{name} is {value:,}; give {wanted}", field=name, limit=most or least)
    return value


def check_number(
    name: str,
    value: Any,
    *,
    least: float = 0,
    above: float | None = None,
    most: float = math.inf,
    unit: str = "",
    rule: str = "",
) -> float:
    """Return a finite number from `least` or, if given, above `above`, to `most`.

    Args:
        rule: Says what is allowed, in place of the bound.

    Raises:
        InvalidOption: It is another, or no number.
    """
    bound = f"{least:g} or more" if above is None else f"more than {above:g}"
    bound += f", at most {most:,}" if most < math.inf else ""
    wanted = f"a number{unit and f' of {unit}'}, {bound}"
    if not isinstance(value, int | float) or isinstance(value, bool):
        _refuse_type(name, value, wanted)
    too_small = value < least if above is None else value <= above
    if too_small or not math.isfinite(value) or value > most:
        raise InvalidOption(f"{name} is {value}; {rule or f'{bound}, and finite'}", field=name)
    return value


def check_choice(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return one of the choices.

    Raises:
        InvalidOption: It is none of them.
    """
    known = tuple(choices)
    if not isinstance(value, str) or value not in known:
        kind = InvalidOption if isinstance(value, str) else WrongOptionType
        hint = hint_within(value, known) if isinstance(value, str) else ""
        raise kind(f"{name} is {_shown(value)}; one of {', '.join(known)}{hint}", field=name)
    return str(value)


def check_text(name: str, value: Any, *, most: int) -> str:
    """Return a text of 1 to `most` characters.

    Raises:
        InvalidOption: It is none.
    """
    if not isinstance(value, str):
        _refuse_type(name, value, f"text of up to {most} characters")
    if not 1 <= len(value) <= most:
        raise InvalidOption(
            f"{name} has {len(value)} characters; 1 to {most} are accepted", field=name, limit=most
        )
    return value


def check_flag(name: str, value: Any) -> bool:
    """Return True or False.

    Raises:
        InvalidOption: It is neither.
    """
    if not isinstance(value, bool):
        _refuse_type(name, value, "True or False")
    return value


def check_moment(name: str, value: Any) -> datetime:
    """Return a datetime that has a time zone.

    Raises:
        InvalidOption: It is none.
    """
    wanted = "a datetime with a time zone (timezone-aware), as datetime.now(UTC)"
    if not isinstance(value, datetime):
        _refuse_type(name, value, wanted)
    if value.utcoffset() is None:
        raise InvalidOption(f"{name} is {value!r}; give {wanted}", field=name)
    return value


def check_types(name: str, value: Any, *, most: int | None = None) -> tuple[str, ...]:
    """Return task types given as names or as task functions, one or several, as names.

    Raises:
        InvalidOption: Something else is among them, or there are too many.
        InvalidName: A name has not the form of a task type.
    """
    if isinstance(value, str) or is_task_function(value):
        given: tuple[Any, ...] = (value,)
    elif isinstance(value, list | tuple | set | frozenset):
        given = tuple(value)
    else:
        _refuse_type(name, value, "a task type, a function made by @task, or a list of them")
    types = tuple(check_named("type", _type_of(name, each)) for each in given)
    if most is not None and len(types) > most:
        raise InvalidOption(
            f"{name} has {len(types)} task types; at most {most} are accepted",
            field=name,
            limit=most,
        )
    return types


def is_task_function(value: Any) -> bool:
    """Whether it is what `@task` makes; tells it by its shape, as it is of another layer."""
    return hasattr(value, "to_input") and isinstance(getattr(value, "type", None), str)


def check_named(name: str, value: Any) -> str:
    """Return a text that may be part of a key: a tenant, a task type, a code.

    Raises:
        InvalidName: It may not.
    """
    if not isinstance(value, str):
        _refuse_type(name, value, "1 to 64 letters, digits, '.', '_' or '-'")
    try:
        return check_name(name, value)
    except InvalidKey as refused:
        raise InvalidName(refused.message, field=name) from None


def check_pattern(name: str, value: Any, pattern: str, wanted: str) -> str:
    """Return a text of this form.

    Raises:
        InvalidOption: It has another form.
    """
    if not isinstance(value, str):
        _refuse_type(name, value, wanted)
    if not re.fullmatch(pattern, value):
        raise InvalidOption(f"{name} is {_shown(value)}; give {wanted}", field=name)
    return value


def check_mapping(name: str, value: Any, wanted: str) -> Mapping[Any, Any]:
    """Return a mapping.

    Raises:
        InvalidOption: It is none.
    """
    if not isinstance(value, Mapping):
        _refuse_type(name, value, wanted)
    return value


def _type_of(name: str, value: Any) -> str:
    if is_task_function(value):
        return str(value.type)
    if not isinstance(value, str):
        _refuse_type(name, value, "a task type, or a function made by @task")
    return value


def _refuse_type(name: str, value: Any, wanted: str) -> NoReturn:
    if isinstance(value, timedelta):
        wanted = f"{wanted}: {value.total_seconds():g} seconds as a number"
    raise WrongOptionType(
        f"{name} is {_shown(value)} ({type(value).__name__}); give {wanted}", field=name
    )


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a class of the user's
        text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
