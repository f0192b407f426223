"""Calls in threads of their own: whoever made them waits for a moment, and then no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """A call that begins at once in a daemon thread, with a copy of the context variables.

    If the process can have no further thread, the call is made in this one.
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._context = copy_context()
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._ended = threading.Event()
        try:
            threading.Thread(target=self._run, daemon=True).start()
        except RuntimeError:  # too many threads, or the process is about to end
            self._run()

    def ends_within(self, seconds: float) -> bool:
        """Wait for its end, up to so many seconds. False: it goes on."""
        return self._ended.wait(seconds)

    def result(self) -> T:
        """What an ended call returned.

        Raises:
            BaseException: What it raised.
        """
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._context.run(self._call))
        except BaseException as error:  # noqa: BLE001  # raised again by `result`
            self._error = error
        finally:
            self._ended.set()
