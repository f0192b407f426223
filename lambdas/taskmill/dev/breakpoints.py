"""Breakpoints in task code: the debugger gets the terminal, and time stands still meanwhile."""

from __future__ import annotations

import os
import pdb  # noqa: T100  # a debugger is what this is about
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from taskmill.dev.terminal import Terminal
from taskmill.work.standstill import STANDSTILL

_ONE_AT_A_TIME = threading.RLock()  # there is one terminal


class TaskDebugger(pdb.Pdb):
    """pdb in a thread of a task. No limit runs on while it waits for commands."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(nosigint=True)
        self._terminal = terminal

    def interaction(self, *stop: Any) -> None:
        with _ONE_AT_A_TIME, STANDSTILL.hold(), self._terminal.held():
            super().interaction(*stop)


@contextmanager
def breakpoints(terminal: Terminal) -> Iterator[None]:
    """Have `breakpoint()` stop in the terminal, in all threads, inside a `with` block.

    A debugger that `PYTHONBREAKPOINT` names is left to it.
    """

    def stop_here(*args: Any, **options: Any) -> Any:
        if os.environ.get("PYTHONBREAKPOINT"):
            with _ONE_AT_A_TIME, STANDSTILL.hold():
                return sys.__breakpointhook__(*args, **options)  # noqa: T100
        return TaskDebugger(terminal).set_trace(sys._getframe(1))  # noqa: SLF001  # as pdb does

    before = sys.breakpointhook
    sys.breakpointhook = stop_here
    try:
        yield
    finally:
        sys.breakpointhook = before
