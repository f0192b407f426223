"""Carries out the steps of operations in the calling thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import httpx

from taskmill.client.calls.retries import Outcome, Retries
from taskmill.client.calls.steps import (
    Aside,
    Breath,
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
from taskmill.model.per_process import PerProcess

R = TypeVar("R")
T = TypeVar("T")

Sleep = Callable[[float], Any]
"""Waits so many seconds."""


class BlockingCalls:
    """The calls of a `TaskClient`; each process has connections of its own, also a forked one.

    Args:
        transport: Replaces the network, for tests.
        sleep: Waits between attempts, and between two reads of a task.
    """

    def __init__(
        self, target: Target, *, transport: httpx.BaseTransport | None, sleep: Sleep
    ) -> None:
        self._target = target
        self._sleep = sleep
        self._connections = PerProcess(
            lambda: httpx.Client(transport=transport, **target.options())
        )
        self._closed = False
        self._connections()  # now, so that a wrong proxy setting is an error of this call

    @property
    def pace(self) -> Pace:
        return Pace(self._sleep)

    def close(self) -> None:
        """Close the connections of this process, not those of the one that it was forked from."""
        self._closed = True
        if mine := self._connections.made():
            mine.close()

    def run(self, steps: Steps[R]) -> R:
        """Carry out all steps, and return what the operation returns."""
        try:
            step = next(steps)
            while True:
                try:
                    given = self._do(step)
                except BaseException as error:  # noqa: BLE001  # the operation cleans up
                    step = steps.throw(error)
                else:
                    step = steps.send(given)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def items(self, listing: Listing[T]) -> Iterator[T]:
        """The items of all pages; requests a page when it is needed."""
        cursor = listing.cursor
        while True:
            page = self._do(listing.page(cursor))
            yield from map(listing.read, page[listing.items])
            cursor = page.get("cursor")
            if cursor is None:
                return

    def _do(self, step: Step) -> Any:
        match step:
            case Pause():
                return step.patience.pause(step.task)
            case Tell():
                return step.function(step.value)
            case Aside():
                return step.call()
            case Breath():
                return None
        sending = step.sending(self._target.url, self._target.auth)
        return step.read(self._answer(sending))

    def _answer(self, sending: Sending) -> httpx.Response:
        retries = Retries(repeatable=sending.repeatable)
        while True:
            outcome = self._send(sending)
            wait_seconds = retries.pause_after(outcome)
            if wait_seconds is None:
                return accepted(outcome, sending)
            self._sleep(wait_seconds)

    def _send(self, sending: Sending) -> Outcome:
        content = sending.content
        body = content.chunks() if isinstance(content, Spool) else content
        try:
            return self._http.request(content=body, **self._target.arguments(sending))
        except httpx.TransportError as error:
            return error

    @property
    def _http(self) -> httpx.Client:
        http = self._connections()
        if self._closed:
            http.close()  # closed in the parent process before the fork: httpx refuses requests
        return http
