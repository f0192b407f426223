"""Runs `async` task functions, each in a new event loop."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from taskmill.functions.forks import OnlyInThisProcess

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")

# Called with the event loop before a coroutine runs: a time limit must be able to wake the loop.
ON_LOOP: ContextVar[Callable[[AbstractEventLoop], None] | None] = ContextVar(
    "taskmill_on_loop", default=None
)


def awaited(result: Any) -> Any:
    """`result` itself; if it is a coroutine, what that returns; if a generator, its values.

    Both are run to their end.
    """
    if inspect.isgenerator(result):
        return list(result)
    if inspect.isasyncgen(result):
        result = _values_of(result)
    if not inspect.iscoroutine(result):
        return result
    import asyncio

    return asyncio.run(_with_loop_reported(result))


async def _values_of(generator: AsyncIterable[T]) -> list[T]:
    return [value async for value in generator]


async def _with_loop_reported(awaitable: Awaitable[T]) -> T:
    import asyncio

    if on_loop := ON_LOOP.get():
        on_loop(asyncio.get_running_loop())
    with OnlyInThisProcess():  # here: closing the loop would take it from the parent process
        return await awaitable
