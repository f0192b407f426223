"""Runs task code where it can start an event loop, even if this thread runs one already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def without_event_loop(run: Callable[[], T]) -> T:
    """Call `run` in this thread, or in a new one if this thread is running an event loop.

    Async task code is run with `asyncio.run`, which does not work inside a running loop.
    """
    if not _loop_is_running():
        return run()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, run).result()


def _loop_is_running() -> bool:
    asyncio: Any = sys.modules.get("asyncio")  # if nobody imported it (40 ms), no loop runs
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
