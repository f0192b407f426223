"""Waits of the main thread during which signal handlers run.

Python runs a handler in the main thread, once that runs. A signal which comes just before it waits
for a lock, or which the system delivers to another thread, does not end the wait
(https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers). So the main
thread wakes by itself now and then.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

WAKE_SECONDS = 0.5

_Item = TypeVar("_Item")


def next_item(queue: SimpleQueue[_Item]) -> _Item:
    """Wait for the next item of a queue."""
    while True:
        with suppress(Empty):
            return queue.get(timeout=WAKE_SECONDS)


def wait_for(
    changed: threading.Condition, holds: Callable[[], bool], timeout_seconds: float | None
) -> bool:
    """As `changed.wait_for`: wait until a condition holds. False: the time was up."""
    ends = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    while True:
        left = WAKE_SECONDS if ends is None else ends - time.monotonic()
        if changed.wait_for(holds, max(0.0, min(WAKE_SECONDS, left))):
            return True
        if left <= 0:
            return False
