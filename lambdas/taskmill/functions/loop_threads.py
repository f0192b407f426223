"""The threads that turn the event loops of async task code: one, unless code blocks its loop.

So an async client that a module keeps works from task to task. A loop runs whatever is on it in
turn: code that blocks it holds up all the others. It is left then: who finds that it does not turn
goes to a new loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from taskmill.model.interruptions import INTERRUPTS, HeldUp, ThreadEnd

if TYPE_CHECKING:
    from taskmill.functions.shared_calls import SharedCall

TURN_SECONDS = 1.0  # a loop that takes longer than that to turn is blocked
THREADS = 1_000  # of `asyncio.to_thread`: its default of some six would be shared by all tasks

# The call whose code runs in this context; None: it is not on a shared loop.
CALL: ContextVar[SharedCall | None] = ContextVar("taskmill_shared_call", default=None)


class LoopThread:
    """A loop and its thread.

    Attributes:
        calls: What runs on it; changed in its thread only.
        owners: By asyncio task: the call whose code created it.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(ThreadPoolExecutor(THREADS, "taskmill-async"))
        self.calls: set[SharedCall] = set()
        self.owners: WeakKeyDictionary[asyncio.Task[Any], SharedCall] = WeakKeyDictionary()
        self._left = False
        self._end = ThreadEnd()
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
        for _ in range(INTERRUPTS):
            if self.turns() or not self._thread.is_alive():
                return
            self._end.interrupt(self.ident, HeldUp)

    def begins(self, call: SharedCall) -> None:
        """A call begins here, with the loop as it was made."""
        if not self.calls:
            self.loop.set_task_factory(self._new_task)
            self.loop.set_exception_handler(None)
            self.loop.set_debug(False)
        self.calls.add(call)

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
        self._end.reach()


class _Shared:
    """The loop that new calls begin on; a forked process has no thread that would turn it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.loop: LoopThread | None = None


def current_loop() -> LoopThread:
    """The loop that a new call begins on."""
    with _SHARED.lock:
        if _SHARED.loop is None:
            _SHARED.loop = LoopThread()
        return _SHARED.loop


def _leave(loop: LoopThread) -> None:
    with _SHARED.lock:
        if _SHARED.loop is loop:
            _SHARED.loop = None


_SHARED = _Shared()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.__init__)  # type: ignore[misc]
