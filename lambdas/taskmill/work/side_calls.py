"""Calls beside the main one: in a thread of their own, or after a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from taskmill.work.background import BackgroundCall

Join = Callable[[], None]
"""Waits for a call that was started; raises what it raised."""

Cancel = Callable[[], None]
"""Cancels a call that is planned; does nothing if it has begun."""


class SideCalls(Protocol):
    """Starts calls in threads. The in-process cloud has its own, whose time is virtual."""

    def start(self, call: Callable[[], None]) -> Join:
        """Make a call in a thread of its own, with a copy of the context variables."""
        ...

    def hurry(self, call: Callable[[], None]) -> Join:
        """The same for a short call, which runs no task."""
        ...

    def after(self, seconds: float, call: Callable[[], None]) -> Cancel:
        """Make a short call in so many seconds."""
        ...


class Threads:
    """Side calls in daemon threads."""

    def start(self, call: Callable[[], None]) -> Join:
        running = BackgroundCall(call)

        def join() -> None:
            while not running.ends_within(threading.TIMEOUT_MAX):
                pass
            running.result()

        return join

    hurry = start

    def after(self, seconds: float, call: Callable[[], None]) -> Cancel:
        timer = threading.Timer(seconds, call)
        timer.daemon = True
        timer.start()
        return timer.cancel
