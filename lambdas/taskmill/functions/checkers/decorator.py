# mypy: disable-error-code="overload-overlap"
"""The decorator that `task(...)` returns, to a type checker: finds In and Out of a function.

The first overload that a function matches decides, so the narrower forms come first: for an async
function, for a generator function, whose result is a list, then for all others. Within these:

1. an input of any type;
2. a context alone, or before an input that has a default;
3. an input that has a default, then no input;
4. an input that must be given.

The last overload takes what is left, an input that is given by name only, and does not check it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from taskmill.functions.checkers.declared import DeclaredTask, DeclaredTaskWithDefault
from taskmill.functions.checkers.forms import (
    ContextThenDefault,
    ContextThenInput,
    HasDefault,
    HasDefaultAndContext,
    OnlyContext,
    OnlyNamedContext,
    TakesInput,
    TakesNone,
    TakesNothing,
    Unlike,
)

P = ParamSpec("P")
Rest = ParamSpec("Rest")
R = TypeVar("R")
In = TypeVar("In")
Out = TypeVar("Out")

Later: TypeAlias = Coroutine[Any, Any, Out]
Values: TypeAlias = Iterator[Out] | AsyncIterator[Out]
Task: TypeAlias = DeclaredTask[In, Out, P, R]
TaskWithDefault: TypeAlias = DeclaredTaskWithDefault[In, Out, P, R]


class TaskDecorator(Protocol):
    """Registers a function that has one of the forms of `taskmill.functions.checkers.forms`."""

    # async functions

    @overload
    def __call__(
        self, function: TakesInput[Unlike, P, R, Rest, Later[Out]], /
    ) -> TaskWithDefault[Any, Out, P, R]: ...
    @overload
    def __call__(
        self, function: ContextThenDefault[In, P, R, Later[Out]], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: OnlyContext[P, R, Later[Out]], /
    ) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(
        self, function: HasDefault[In, P, R, Rest, Later[Out]], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: HasDefaultAndContext[In, P, R, Later[Out]], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: TakesNothing[P, R, Later[Out]], /
    ) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(
        self, function: OnlyNamedContext[P, R, Later[Out]], /
    ) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(
        self, function: ContextThenInput[In, P, R, Later[Out]], /
    ) -> Task[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: TakesNone[In, P, R, Rest, Later[Out]], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: TakesInput[In, P, R, Rest, Later[Out]], /
    ) -> Task[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: Callable[P, Later[Out]], /
    ) -> TaskWithDefault[Any, Out, P, Later[Out]]: ...

    # generator functions

    @overload
    def __call__(
        self, function: TakesInput[Unlike, P, R, Rest, Values[Out]], /
    ) -> TaskWithDefault[Any, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: ContextThenDefault[In, P, R, Values[Out]], /
    ) -> TaskWithDefault[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: OnlyContext[P, R, Values[Out]], /
    ) -> TaskWithDefault[None, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: HasDefault[In, P, R, Rest, Values[Out]], /
    ) -> TaskWithDefault[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: HasDefaultAndContext[In, P, R, Values[Out]], /
    ) -> TaskWithDefault[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: TakesNothing[P, R, Values[Out]], /
    ) -> TaskWithDefault[None, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: OnlyNamedContext[P, R, Values[Out]], /
    ) -> TaskWithDefault[None, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: ContextThenInput[In, P, R, Values[Out]], /
    ) -> Task[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: TakesNone[In, P, R, Rest, Values[Out]], /
    ) -> TaskWithDefault[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: TakesInput[In, P, R, Rest, Values[Out]], /
    ) -> Task[In, list[Out], P, R]: ...
    @overload
    def __call__(
        self, function: Callable[P, Values[Out]], /
    ) -> TaskWithDefault[Any, list[Out], P, Values[Out]]: ...

    # all others

    @overload
    def __call__(
        self, function: TakesInput[Unlike, P, R, Rest, Out], /
    ) -> TaskWithDefault[Any, Out, P, R]: ...
    @overload
    def __call__(
        self, function: ContextThenDefault[In, P, R, Out], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(self, function: OnlyContext[P, R, Out], /) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(
        self, function: HasDefault[In, P, R, Rest, Out], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: HasDefaultAndContext[In, P, R, Out], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: TakesNothing[P, R, Out], /
    ) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(
        self, function: OnlyNamedContext[P, R, Out], /
    ) -> TaskWithDefault[None, Out, P, R]: ...
    @overload
    def __call__(self, function: ContextThenInput[In, P, R, Out], /) -> Task[In, Out, P, R]: ...
    @overload
    def __call__(
        self, function: TakesNone[In, P, R, Rest, Out], /
    ) -> TaskWithDefault[In, Out, P, R]: ...
    @overload
    def __call__(self, function: TakesInput[In, P, R, Rest, Out], /) -> Task[In, Out, P, R]: ...
    @overload
    def __call__(self, function: Callable[P, Out], /) -> TaskWithDefault[Any, Out, P, Out]: ...
