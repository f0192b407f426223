# mypy: disable-error-code="overload-cannot-match"
"""The signatures that a task function may have, as protocols; see `TaskDecorator`.

A function matches a protocol with overloads if it can be called in all of these ways. The first is
always the function's own signature, `P` and `R_co`, which a plain call keeps. The others are how a
worker may call it: they give the type of the input, and that of what comes back, of an async
function a coroutine.
"""

from __future__ import annotations

from typing import ParamSpec, Protocol, TypeVar, overload

from taskmill.functions.context import TaskContext

P = ParamSpec("P")
Rest = ParamSpec("Rest")  # what may follow the input: the context
R_co = TypeVar("R_co", covariant=True)
Back_co = TypeVar("Back_co", covariant=True)
Given_contra = TypeVar("Given_contra", contravariant=True)


class Unlike:
    """Of no other type: only a parameter hinted `Any` or `object`, or not at all, takes it."""


class TakesInput(Protocol[Given_contra, P, R_co, Rest, Back_co]):
    """`def f(order: Order)`, or with `ctx: TaskContext` after it, also by name only."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(
        self, given: Given_contra, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> Back_co: ...


class TakesNone(Protocol[Given_contra, P, R_co, Rest, Back_co]):
    """The same with an input that may be None: `def f(order: Order | None)`, `def f(_: None)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(
        self, given: Given_contra, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> Back_co: ...
    @overload
    def __call__(self, given: None, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Back_co: ...


class HasDefault(Protocol[Given_contra, P, R_co, Rest, Back_co]):
    """`def f(pages: int = 1)`, or with a context that has a default, too."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(
        self, given: Given_contra, /, *args: Rest.args, **kwargs: Rest.kwargs
    ) -> Back_co: ...
    @overload
    def __call__(self) -> Back_co: ...


class HasDefaultAndContext(Protocol[Given_contra, P, R_co, Back_co]):
    """`def f(pages: int = 1, *, ctx: TaskContext)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, given: Given_contra, /, *, ctx: TaskContext) -> Back_co: ...
    @overload
    def __call__(self, *, ctx: TaskContext) -> Back_co: ...


class ContextThenInput(Protocol[Given_contra, P, R_co, Back_co]):
    """`def f(ctx: TaskContext, order: Order)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, ctx: TaskContext, given: Given_contra, /) -> Back_co: ...


class ContextThenDefault(Protocol[Given_contra, P, R_co, Back_co]):
    """`def f(ctx: TaskContext, pages: int = 1)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, ctx: TaskContext, given: Given_contra, /) -> Back_co: ...
    @overload
    def __call__(self, ctx: TaskContext, /) -> Back_co: ...


class OnlyContext(Protocol[P, R_co, Back_co]):
    """`def f(ctx: TaskContext)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, ctx: TaskContext, /) -> Back_co: ...


class OnlyNamedContext(Protocol[P, R_co, Back_co]):
    """`def f(*, ctx: TaskContext)`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, *, ctx: TaskContext) -> Back_co: ...


class TakesNothing(Protocol[P, R_co, Back_co]):
    """`def f()`."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self) -> Back_co: ...
