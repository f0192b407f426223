"""The types of inputs, and of what `ctx.gather` waits for, that follow from a task function."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from taskmill.functions.checkers.declared import DeclaredTask
from taskmill.functions.task_functions import TaskFunction

if TYPE_CHECKING:
    from taskmill.work.child import Child

In = TypeVar("In")
Out = TypeVar("Out")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")


class NoValue:
    """What no function returns."""


# mypy finds the type variables of a call from all its arguments at once: `[1, 2]` beside a function
# of a `list[float]` would be a `list[int]`, and refused. An argument whose type has a callable in
# it comes after the others, when `In` is known.
Given: TypeAlias = In | Callable[[In], NoValue]
Givens: TypeAlias = Iterable[In] | Callable[[In], NoValue]

Waited: TypeAlias = "Child[Out] | tuple[TaskFunction[Any, Out], Any]"
# The same of exactly this result: several of them have one result, or do not match.
Alike: TypeAlias = "Child[Out] | tuple[DeclaredTask[Any, Out, ..., Any], Any]"
