"""An input that its caller left out, which is not the same as one that is null."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class LeftOut(Enum):
    """The class of `LEFT_OUT`; an enum, so that there is one even after pickling and copying."""

    LEFT_OUT = "left out"

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Final = LeftOut.LEFT_OUT
"""Stands for no input: the function's default applies. A function without one gets None."""


def given_or_null(value: Any) -> Any:
    """`value`, or None if it was left out."""
    return None if value is LEFT_OUT else value


def may_be_left_out(name: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the first argument of a method, of this name, is `LEFT_OUT` if it is not given.

    Type checkers still demand it: a default would allow them to leave out every input.
    """

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(method)
        def called(*args: Any, **kwargs: Any) -> R:
            if len(args) < 2 and name not in kwargs:  # `self` is the first
                kwargs[name] = LEFT_OUT
            return method(*args, **kwargs)

        called.__signature__ = _with_default(method, name)  # type: ignore[attr-defined]
        return called

    return decorate


def _with_default(method: Callable[..., Any], name: str) -> inspect.Signature:
    signature = inspect.signature(method)
    parameters = [
        each.replace(default=LEFT_OUT) if each.name == name else each
        for each in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters)
