"""Async task code: awaited to its end, in an event loop of its own."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")

# Told of the event loop of a coroutine before it runs: whoever limits its time must wake the loop.
ON_LOOP: ContextVar[Callable[[AbstractEventLoop], None] | None] = ContextVar(
    "taskmill_on_loop", default=None
)


def awaited(result: Any) -> Any:
    """What a function returned, or the result of the coroutine that it returned."""
    if not inspect.iscoroutine(result):
        return result
    import asyncio

    return asyncio.run(_announced(result))


async def _announced(awaitable: Awaitable[T]) -> T:
    import asyncio

    if on_loop := ON_LOOP.get():
        on_loop(asyncio.get_running_loop())
    return await awaitable
