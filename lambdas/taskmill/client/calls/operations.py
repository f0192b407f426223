"""Decorators: from one definition, a method of `TaskClient` and one of `AsyncTaskClient`."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from taskmill.client.calls.steps import Listing, Steps

if TYPE_CHECKING:
    from taskmill.client.async_client import AwaitedConnection
    from taskmill.client.connection import BlockingConnection

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Method = Callable[..., Any]


class _TwoFold:
    """A method that is another function in each of the two client classes."""

    def __init__(self, blocking: Method, awaited: Method) -> None:
        self._blocking, self._awaited = blocking, awaited
        self.__doc__ = blocking.__doc__

    def _of(self, client: Any, owner: type | None) -> Any:
        kind = owner or type(client)
        method = self._awaited if getattr(kind, "IS_ASYNC", False) else self._blocking
        return method if client is None else method.__get__(client, kind)


class operation(_TwoFold, Generic[P, R]):  # noqa: N801  # a decorator
    """An operation written as a generator of steps: what it returns, or a coroutine of that."""

    def __init__(self, steps: Callable[Concatenate[Any, P], Steps[R]]) -> None:
        @functools.wraps(steps)
        def blocking(client: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
            return client._calls.run(steps(client, *args, **kwargs))  # noqa: SLF001

        @functools.wraps(steps)
        async def awaited(client: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
            return await client._calls.run(steps(client, *args, **kwargs))  # noqa: SLF001

        super().__init__(blocking, awaited)

    @overload
    def __get__(self, client: None, owner: type) -> Method: ...
    @overload
    def __get__(self, client: BlockingConnection, owner: type) -> Callable[P, R]: ...
    @overload
    def __get__(
        self, client: AwaitedConnection, owner: type
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, client: Any, owner: Any = None) -> Any:
        return self._of(client, owner)


class listing(_TwoFold, Generic[P, T]):  # noqa: N801  # a decorator
    """A list that is read page by page: an iterator, or an async iterator, of its items.

    The decorated method checks its arguments when it is called, and returns a `Listing`.
    """

    def __init__(self, pages: Callable[Concatenate[Any, P], Listing[T]]) -> None:
        @functools.wraps(pages)
        def items(client: Any, *args: P.args, **kwargs: P.kwargs) -> Any:
            return client._calls.items(pages(client, *args, **kwargs))  # noqa: SLF001

        super().__init__(items, items)

    @overload
    def __get__(self, client: None, owner: type) -> Method: ...
    @overload
    def __get__(self, client: BlockingConnection, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AwaitedConnection, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, owner: Any = None) -> Any:
        return self._of(client, owner)
