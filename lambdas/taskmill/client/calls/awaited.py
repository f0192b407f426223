"""Carries out the steps of operations on an event loop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from taskmill.client.calls.per_loop import PerLoop
from taskmill.client.calls.retries import Outcome, Retries
from taskmill.client.calls.steps import (
    Aside,
    Breath,
    HttpStep,
    Listing,
    Pause,
    Sending,
    Step,
    Steps,
    Tell,
)
from taskmill.client.calls.target import Target, accepted
from taskmill.client.inputs.spool import Spool
from taskmill.functions.polling import Pace

R = TypeVar("R")
T = TypeVar("T")

AsyncSleep = Callable[[float], Awaitable[Any]]
"""Waits so many seconds without blocking the event loop."""

_LARGE = 500_000  # bytes of JSON that are parsed in a thread: 5 ms and more


@dataclass(frozen=True, slots=True)
class AsyncPace(Pace):
    """How to wait between two reads of a task, on an event loop."""

    sleep: AsyncSleep = asyncio.sleep

    async def pause_async(self, seconds: float) -> bool | None:
        moved: bool | None = await self.sleep(seconds)
        return moved


class AwaitedCalls:
    """The calls of an `AsyncTaskClient`; each process and event loop has its own connections.

    Args:
        transport: Replaces the network, for tests.
        sleep: Waits between attempts, and between two reads of a task.
    """

    def __init__(
        self, target: Target, *, transport: httpx.AsyncBaseTransport | None, sleep: AsyncSleep
    ) -> None:
        self._target = target
        self._sleep = sleep
        self._connections = PerLoop(
            lambda: httpx.AsyncClient(transport=transport, **target.options())
        )
        self._closed = False

    @property
    def pace(self) -> Pace:
        return AsyncPace(sleep=self._sleep)

    async def close(self) -> None:
        """Close the connections of this event loop; further requests are refused."""
        self._closed = True
        if mine := self._connections.made():
            await mine.aclose()

    async def run(self, steps: Steps[R]) -> R:
        """Carry out all steps, and return what the operation returns."""
        try:
            step = next(steps)
            while True:
                try:
                    given = await self._do(step)
                except BaseException as error:  # noqa: BLE001  # the operation cleans up
                    step = steps.throw(error)
                else:
                    step = steps.send(given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    async def items(self, listing: Listing[T]) -> AsyncIterator[T]:
        """The items of all pages; requests a page when it is needed."""
        cursor = listing.cursor
        while True:
            page = await self._call(listing.page(cursor))
            for each in page[listing.items]:
                yield listing.read(each)
            cursor = page.get("cursor")
            if cursor is None:
                return

    async def _do(self, step: Step) -> Any:
        match step:
            case Pause():
                return await step.patience.pause_async(step.task)
            case Tell():
                told = step.function(step.value)
                return await told if inspect.isawaitable(told) else told
            case Aside():
                return await asyncio.to_thread(step.call)
            case Breath():
                return await asyncio.sleep(0)
        return await self._call(step)

    async def _call(self, step: HttpStep) -> Any:
        sending = step.sending(self._target.url, self._target.auth)
        response = await self._answer(sending)
        if len(response.content) > _LARGE:
            return await asyncio.to_thread(step.read, response)
        return step.read(response)

    async def _answer(self, sending: Sending) -> httpx.Response:
        retries = Retries(repeatable=sending.repeatable)
        while True:
            outcome = await self._send(sending)
            wait_seconds = retries.pause_after(outcome)
            if wait_seconds is None:
                return accepted(outcome, sending)
            await self._sleep(wait_seconds)

    async def _send(self, sending: Sending) -> Outcome:
        content = sending.content
        body = _chunks(content) if isinstance(content, Spool) else content
        http = self._connections()
        if self._closed:
            await http.aclose()  # closed in another loop: httpx refuses requests
        try:
            return await http.request(content=body, **self._target.arguments(sending))
        except httpx.TransportError as error:
            return error


async def _chunks(spool: Spool) -> AsyncIterator[bytes]:
    """The chunks of a file, each read in a thread."""
    chunks = spool.chunks()
    while (chunk := await asyncio.to_thread(next, chunks, b"")) != b"":
        yield chunk
