"""Async task code needs an event loop of its own, also where one runs already."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


def without_event_loop(run: Callable[[], T]) -> T:
    """Run here, or where an event loop runs here in a thread: async task code needs its own."""
    if not _loop_is_running():
        return run()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, run).result()


def _loop_is_running() -> bool:
    asyncio: Any = sys.modules.get("asyncio")  # 40 ms that nobody owes who never imported it
    try:
        return asyncio is not None and asyncio.get_running_loop() is not None
    except RuntimeError:
        return False
