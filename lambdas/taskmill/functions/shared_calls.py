"""Calls of async task code: coroutines on the event loop that all of a process share."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from functools import partial
from types import TracebackType
from typing import Any

from taskmill.functions.coroutine_stacks import stack_of
from taskmill.functions.forks import OnlyInThisProcess
from taskmill.functions.loop_threads import CALL, TURN_SECONDS, LoopThread, current_loop
from taskmill.model.interruptions import BLOCKED, HeldUp


class SharedCall:
    """A coroutine on a shared loop, as seen by the thread that waits for it."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._context.run(CALL.set, self)
        self._lock = threading.Lock()
        self._loop: LoopThread | None = None
        self._withdrawn = False
        self._task: asyncio.Task[None] | None = None
        self._begun = threading.Event()
        self._ended = threading.Event()
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> Any:
        """Run the coroutine to its end. Returns what it returns, raises what it raises.

        An exception that is raised in the waiting thread meanwhile (by a signal) cancels it.

        Raises:
            HeldUp: Other code has blocked the loop, and was given up with it.
        """
        try:
            while not self._withdrawn:
                loop = current_loop()
                loop.post(partial(self._begin, loop))
                if self._begun.wait(TURN_SECONDS):
                    self._ended.wait()
                    break
                loop.leave()
        except BaseException:
            self.cancel()
            raise
        if self._withdrawn:
            raise HeldUp(BLOCKED)
        if self._error is not None:
            raise self._error
        return self._result

    def cancel(self) -> None:
        """Cancel the coroutine, as soon as its loop turns. May be called in any thread."""
        with self._lock:
            if self._loop is None:
                self._withdrawn = True
                self._coroutine.close()
                return
        self._loop.post(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def held_up(self) -> bool:
        """Whether it cannot be cancelled because code of another call blocks the loop.

        Also whether it has not even begun, for the same reason. If its own code blocks the loop,
        that is given up with all that runs on it.
        """
        loop = self._loop
        if loop is None or self._ended.is_set():
            return self._withdrawn
        before = loop.owner()
        if loop.turns():
            return False
        loop.leave()
        after = loop.owner()
        if before is self and after is self:
            loop.give_up()
        return after is not None and after is not self

    def stack(self) -> TracebackType | None:
        """Where its code is, innermost last; None: it has not begun, or it has ended."""
        task = self._task
        if self._loop is None or task is None or self._ended.is_set():
            return None
        return stack_of(self._coroutine, self._loop.ident)

    def end_as_held_up(self) -> None:
        """Let the waiting thread go on: what becomes of the coroutine is of no interest."""
        self._end(None, HeldUp(BLOCKED))
        self.cancel()

    def _begin(self, loop: LoopThread) -> None:
        """Start the coroutine, in the thread of the loop, unless it runs elsewhere by now."""
        with self._lock:
            if self._loop is not None or self._withdrawn:
                return
            self._loop = loop
        loop.begins(self)
        self._task = loop.loop.create_task(self._contained(loop), context=self._context)
        loop.owners[self._task] = self
        self._begun.set()

    async def _contained(self, loop: LoopThread) -> None:
        """Run the coroutine: nothing that it raises may end the loop."""
        result: Any = None
        error: BaseException | None = None
        try:
            with OnlyInThisProcess():
                result = await self._coroutine
        except BaseException as raised:  # noqa: BLE001  # raised again in the waiting thread
            error = raised
        try:
            await loop.end_tasks_of(self)
        finally:
            self._task = None
            loop.ended(self)
            self._end(result, error)

    def _end(self, result: Any, error: BaseException | None) -> None:
        with self._lock:
            if not self._ended.is_set():
                self._result, self._error = result, error
                self._ended.set()
