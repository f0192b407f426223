"""Interrupts task code in the main thread when its time is up.

A thread watches the limits and sends SIGURG to the main thread, whose handler raises `TimeIsUp`.
SIGALRM and the interval timers are left to task code. SIGURG is ignored by default, and hardly any
program uses it. Code that has replaced the handler, or blocks the signal, is interrupted by
`PyThreadState_SetAsyncExc` from the second try on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import FrameType, TracebackType
from typing import Any

from taskmill.model.interruptions import drop_pending, raise_in, running_frame
from taskmill.work.timeouts import AGAIN_SECONDS, TimeIsUp, stack_below

LONGEST_NAP_SECONDS = 3_600.0


@dataclass(eq=False, slots=True)
class Limit:
    """The time limit of one call in the main thread. Both threads read and write it, lock-free.

    Attributes:
        ends: When the time is up, by `time.monotonic`.
        root: The function that makes the call: only frames below it are reported.
        elsewhere: Returns the stack of the call's code if another thread runs it.
        next_ring: When to interrupt the call next.
        rings: How often that was tried.
        rung: An interrupt was raised for it.
        where: The interrupted stack; None: unknown.
        over: The call has ended.
        forcing: The watchdog is setting an asynchronous exception right now.
        forced: It has set one, which may be pending.
    """

    ends: float
    root: Callable[..., Any]
    elsewhere: Callable[[], TracebackType | None]
    next_ring: float = 0.0
    rings: int = 0
    rung: bool = False
    where: TracebackType | None = None
    over: bool = False
    forcing: bool = False
    forced: bool = False


class Watchdog:
    """The limits of calls in the main thread, outermost first, and the thread that watches them."""

    def __init__(self) -> None:
        self.limits: list[Limit] = []
        self._news: SimpleQueue[None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._wakes_at = 0.0
        self._before: Any = None
        self._dropping = False

    def begin(self, limit: Limit) -> None:
        """Watch a limit. Main thread only."""
        handler = signal.getsignal(signal.SIGURG)
        if handler != self._on_signal:
            # Left installed: a signal that comes late would find the old handler.
            self._before = handler
            signal.signal(signal.SIGURG, self._on_signal)
        limit.next_ring = limit.ends
        self.limits.append(limit)
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._watch, name="taskmill-time-limit", daemon=True
            )
            self._thread.start()
        elif limit.ends < self._wakes_at:
            self._news.put(None)

    def end(self, limit: Limit) -> None:
        """Stop watching a limit: no interrupt for it comes any more. Main thread only.

        Raises:
            TimeIsUp: An interrupt arrived just now; call this again.
        """
        limit.over = True
        while limit.forcing:
            time.sleep(0)
        if limit.forced:
            self._dropping = True
            try:
                drop_pending()
            finally:
                self._dropping = False
            limit.forced = False
        with suppress(ValueError):  # forgotten in a forked process
            self.limits.remove(limit)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        for limit in self.limits if not self._dropping else ():  # it is rung again
            if not limit.over and limit.ends <= now:
                if not limit.rung:
                    limit.where = limit.elsewhere() or stack_below(frame, limit.root)
                limit.rung = True
                raise TimeIsUp
        if callable(self._before):
            self._before(number, frame)

    def _watch(self) -> None:
        # Traced by a debugger or coverage.py, it could wait for the thread that it is to interrupt:
        # in CPython 3.11, a traced thread waits until a signal has been handled.
        sys.settrace(None)
        sys.setprofile(None)
        while True:
            now = time.monotonic()
            limits = [each for each in tuple(self.limits) if not each.over]
            for limit in limits:
                if limit.next_ring <= now:
                    self._ring(limit)
                    limit.next_ring = now + AGAIN_SECONDS
            nap = min((each.next_ring - now for each in limits), default=LONGEST_NAP_SECONDS)
            nap = min(max(nap, 0.0), LONGEST_NAP_SECONDS)
            self._wakes_at = now + nap
            # A limit that began meanwhile and did not see the new `_wakes_at` is looked at again.
            if any(each.next_ring < self._wakes_at for each in tuple(self.limits) if not each.over):
                continue
            with suppress(Empty):
                self._news.get(timeout=nap)

    def _ring(self, limit: Limit) -> None:
        main = threading.main_thread().ident or 0
        if limit.rings:
            self._force(limit, main)
        limit.rings += 1
        signal.pthread_kill(main, signal.SIGURG)

    def _force(self, limit: Limit, main: int) -> None:
        """Interrupt code that the signal does not reach."""
        limit.forcing = True
        if not limit.over:
            if not limit.rung:
                limit.where = limit.elsewhere() or stack_below(running_frame(main), limit.root)
            limit.rung = limit.forced = True
            raise_in(main, TimeIsUp)
        limit.forcing = False


WATCHDOG = Watchdog()
if hasattr(os, "register_at_fork"):  # a fork copies no threads, so the limits of the parent go, too
    os.register_at_fork(after_in_child=WATCHDOG.__init__)  # type: ignore[misc]
