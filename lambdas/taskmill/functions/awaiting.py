"""Runs `async` task functions: on the event loop of the process, where a time limit watches them.

Elsewhere, and in code that blocks that loop already, each has a new loop of its own.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from taskmill.functions.forks import OnlyInThisProcess

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from taskmill.functions.shared_calls import SharedCall

T = TypeVar("T")


class Awaits:
    """What the code under a time limit awaits, so that the limit can interrupt it."""

    def __init__(self) -> None:
        self.call: SharedCall | None = None
        self.loop: AbstractEventLoop | None = None

    def interrupt(self) -> None:
        """Cancel the coroutine; on a loop of its own, wake the loop for the pending exception."""
        if self.call is not None:
            self.call.cancel()
        if self.loop is not None:
            with suppress(RuntimeError):  # it is closed already
                self.loop.call_soon_threadsafe(lambda: None)

    def stack(self) -> TracebackType | None:
        """Where the coroutine is; None: nothing is awaited on the shared loop."""
        return self.call.stack() if self.call is not None else None

    def held_up(self) -> bool:
        """Whether other code keeps the coroutine from going on; takes a second to find out."""
        return self.call is not None and self.call.held_up()


# Set by a time limit for the code that it watches.
AWAITS: ContextVar[Awaits | None] = ContextVar("taskmill_awaits", default=None)


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

    from taskmill.functions.loop_threads import CALL
    from taskmill.functions.shared_calls import SharedCall

    awaits = AWAITS.get()
    if awaits is None or CALL.get() is not None:
        return asyncio.run(_with_loop_reported(result))
    awaits.call = SharedCall(result)
    return awaits.call.run()


async def _values_of(generator: AsyncIterable[T]) -> list[T]:
    return [value async for value in generator]


async def _with_loop_reported(awaitable: Awaitable[T]) -> T:
    import asyncio

    if awaits := AWAITS.get():
        awaits.loop = asyncio.get_running_loop()
    with OnlyInThisProcess():  # here: closing the loop would take it from the parent process
        return await awaitable
