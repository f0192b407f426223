"""The event loop that all async task code of a process shares, in a thread of its own.

So an async client that a module keeps works from task to task. A loop runs whatever is on it in
turn: code that blocks it holds up all the others. It is left then: who finds that it does not turn
goes to a new loop.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from taskmill.functions.coroutine_stacks import stack_of
from taskmill.functions.forks import OnlyInThisProcess
from taskmill.model.interruptions import BLOCKED, HeldUp

TURN_SECONDS = 1.0  # a loop that takes longer than that to turn is blocked
INTERRUPTS = 60  # of code that blocks a loop, one a second; then it is left running
THREADS = 1_000  # of `asyncio.to_thread`: its default of some six would be shared by all tasks

# The call whose code runs in this context; None: it is not on a shared loop.
CALL: ContextVar[SharedCall | None] = ContextVar("taskmill_shared_call", default=None)


class SharedCall:
    """A coroutine on a shared loop, as seen by the thread that waits for it."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._context.run(CALL.set, self)
        self._lock = threading.Lock()
        self._loop: _Loop | None = None
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
                loop = _current()
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

    def _begin(self, loop: _Loop) -> None:
        """Start the coroutine, in the thread of the loop, unless it runs elsewhere by now."""
        with self._lock:
            if self._loop is not None or self._withdrawn:
                return
            self._loop = loop
        loop.calls.add(self)
        self._task = loop.loop.create_task(self._contained(loop), context=self._context)
        loop.owners[self._task] = self
        self._begun.set()

    async def _contained(self, loop: _Loop) -> None:
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


class _Loop:
    """A loop and its thread.

    Attributes:
        calls: What runs on it; changed in its thread only.
        owners: By asyncio task: the call whose code created it.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(ThreadPoolExecutor(THREADS, "taskmill-async"))
        self.loop.set_task_factory(self._new_task)
        self.calls: set[SharedCall] = set()
        self.owners: WeakKeyDictionary[asyncio.Task[Any], SharedCall] = WeakKeyDictionary()
        self._left = False
        self._thread = threading.Thread(target=self._turn, name="taskmill-loop", daemon=True)
        self._thread.start()

    @property
    def ident(self) -> int:
        return self._thread.ident or 0

    def post(self, call: Callable[[], Any]) -> None:
        """Have the loop make a call when it turns next."""
        with suppress(RuntimeError):  # it is closed: nothing runs on it any more
            self.loop.call_soon_threadsafe(call)

    def turns(self) -> bool:
        """Whether the loop turns within a second."""
        turned = threading.Event()
        self.post(turned.set)
        return turned.wait(TURN_SECONDS)

    def owner(self) -> SharedCall | None:
        """The call whose code runs right now; None: it is not known."""
        task = asyncio.current_task(self.loop)
        return None if task is None else self.owners.get(task)

    def leave(self) -> None:
        """Begin nothing more here. The loop ends with the last call that runs on it."""
        _leave(self)
        self._left = True
        self.post(self._stop_if_empty)

    def give_up(self) -> None:
        """Leave the loop with all that runs on it: the code of one call blocks it for good."""
        self.leave()
        for call in list(self.calls):
            call.end_as_held_up()
        threading.Thread(target=self._interrupt, daemon=True).start()

    def _interrupt(self) -> None:
        """End the code that blocks the loop, when it runs Python code again."""
        import ctypes  # imported only after a timeout

        for _ in range(INTERRUPTS):
            if self.turns() or not self._thread.is_alive():
                return
            thread, error = ctypes.c_ulong(self.ident), ctypes.py_object(HeldUp)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)

    def ended(self, call: SharedCall) -> None:
        self.calls.discard(call)
        for task in [task for task, owner in self.owners.items() if owner is call]:
            del self.owners[task]  # a value that leads to its key would keep it for ever
        self._stop_if_empty()

    async def end_tasks_of(self, call: SharedCall) -> None:
        """Cancel the asyncio tasks that the code of a call has left behind."""
        this = asyncio.current_task()
        left = [
            task
            for task, owner in list(self.owners.items())
            if owner is call and task is not this and not task.done()
        ]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=TURN_SECONDS)

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        if owner := CALL.get():
            self.owners[task] = owner
        return task

    def _stop_if_empty(self) -> None:
        if self._left and not self.calls:
            self.loop.stop()

    def _turn(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not (self._left and not self.calls):
            with suppress(BaseException):  # `SystemExit` in a task of the code ends the loop
                self.loop.run_forever()
        self.loop.close()


class _Shared:
    """The loop that new calls begin on; a forked process has no thread that would turn it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loop: _Loop | None = None


def _current() -> _Loop:
    with _SHARED.lock:
        if _SHARED.loop is None:
            _SHARED.loop = _Loop()
        return _SHARED.loop


def _leave(loop: _Loop) -> None:
    with _SHARED.lock:
        if _SHARED.loop is loop:
            _SHARED.loop = None


_SHARED = _Shared()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.__init__)  # type: ignore[misc]
