"""Signatures of task functions: at most one argument, and optionally a `TaskContext`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, get_args, get_type_hints

from taskmill.functions.context import TaskContext
from taskmill.model.errors import Abort

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_EMPTY = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a task function: its argument, and its `TaskContext`."""

    argument: inspect.Parameter | None = None
    context: inspect.Parameter | None = None

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Signature:
        """Read the signature: the context is the parameter hinted `TaskContext`, else named `ctx`.

        Raises:
            ValueError: There is more than one other parameter, or `*args` or `**kwargs`.
        """
        parameters = inspect.signature(function).parameters
        context = _context_of(parameters, _hints(function))
        others = [each for name, each in parameters.items() if name != context]
        if len(others) > 1 or any(each.kind in _VARIABLE for each in others):
            takes = ", ".join(str(each.replace(annotation=_EMPTY)) for each in others)
            raise ValueError(
                f"{function.__qualname__} takes {takes}: a task function has one argument, its"
                " input, besides the context; put several values into a model or a dict"
            )
        return cls(next(iter(others), None), parameters[context] if context else None)

    @property
    def has_default(self) -> bool:
        """Whether the argument has a default."""
        return self.argument is not None and self.argument.default is not _EMPTY

    def call(self, function: Callable[..., Any], value: Any, context: TaskContext | None) -> Any:
        """Call the function with those of `value` and `context` that it has parameters for."""
        given = [(self.argument, value), (self.context, context)]
        taken = [(each, what) for each, what in given if each is not None]
        return function(
            *(what for each, what in taken if each.kind is _POSITIONAL_ONLY),
            **{each.name: what for each, what in taken if each.kind is not _POSITIONAL_ONLY},
        )


def hint_of(function: Callable[..., Any], name: str) -> Any:
    """The type hint of a parameter, or of "return"; Any if there is none.

    Resolved on first use, because a hint may name something defined further down in its module.

    Raises:
        Abort: The hint cannot be evaluated; a retry cannot help.
    """
    text = getattr(function, "__annotations__", {}).get(name, Any)
    alone = SimpleNamespace(__annotations__={name: text})
    names = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        return get_type_hints(alone, globalns=names, include_extras=True)[name]
    except Exception as error:  # noqa: BLE001  # a hint may be any expression
        raise Abort(
            f"{function.__qualname__}: its type hint {text!r} ({name}) means nothing: {error}"
        ) from None


def _hints(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Type hints, or their source text if they use names imported only for type checkers."""
    try:
        return get_type_hints(function)
    except Exception:  # noqa: BLE001  # a hint may be any expression; `hint_of` raises it later
        return getattr(function, "__annotations__", {})


def _context_of(parameters: Mapping[str, Any], hints: Mapping[str, Any]) -> str | None:
    typed = [name for name in parameters if _is_context(hints.get(name))]
    return typed[0] if typed else ("ctx" if "ctx" in parameters else None)


def _is_context(hint: Any) -> bool:
    if isinstance(hint, str):
        return "TaskContext" in re.findall(r"\w+", hint)
    return hint is TaskContext or TaskContext in get_args(hint)
