"""Signals that stop `taskmill work`: the first lets its tasks end, a second ends it at once."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from taskmill.work.consumer.consumer import Consumer

# SIGHUP says that the terminal is gone. Where it or SIGQUIT is ignored, as under nohup or in the
# background of a script, it stays ignored.
STOP = (signal.SIGTERM, signal.SIGINT)
_HANG_UP = getattr(signal, "SIGHUP", None)  # None on Windows, as are the other two
_QUIT, _ALARM = getattr(signal, "SIGQUIT", None), getattr(signal, "SIGALRM", None)
STOP_UNLESS_IGNORED = tuple(each for each in (_HANG_UP, _QUIT) if each is not None)
_STREAMS = (1, 2)  # file descriptors of stdout and stderr

_PROCESS: list[bool] = []


def ends_with_the_command() -> None:
    """Note that nothing runs in this process after the command: its signals need no restoring."""
    _PROCESS.append(True)


class StopSignals:
    """While it is entered, signals stop a consumer.

    After `work_is_over` they do nothing any more: the process is about to end by itself, with the
    exit code that it has earned.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._seen = False
        self._over = False
        self._pid = os.getpid()
        self._before: dict[int, Any] = {}
        self._terminals: list[int] = []

    def __enter__(self) -> Self:
        # Once a terminal is gone, it is none any more: so this is noted before.
        self._terminals = [stream for stream in _STREAMS if os.isatty(stream)]
        ignored = [each for each in STOP_UNLESS_IGNORED if signal.getsignal(each) == signal.SIG_IGN]
        for number in (*STOP, *STOP_UNLESS_IGNORED):
            if number not in ignored:
                self._before[number] = signal.signal(number, self._stop)
        # Tasks run in threads: one that calls `signal.alarm` cannot set a handler for the signal,
        # which ends a process by default.
        if _ALARM is not None:
            self._before[_ALARM] = signal.signal(_ALARM, lambda *_: None)
        return self

    def __exit__(self, *error: object) -> None:
        if _PROCESS:
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def work_is_over(self) -> None:
        """From now on, no signal interrupts the end of the process."""
        self._over = True

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        if os.getpid() != self._pid:  # a process that a task has forked: it dies of it as usual
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if number == _HANG_UP:
            self._leave_terminal()
        if self._over:
            return
        if self._seen:
            exit_now(128 + number)
        self._seen = True
        self._consumer.stop()

    def _leave_terminal(self) -> None:
        """Write to a terminal that is gone no more: each write would be an error (EIO)."""
        if self._terminals:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in self._terminals:
                os.dup2(nowhere, stream)


def exit_now(code: int) -> None:
    """End the process, even if task code still runs in other threads."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, RuntimeError):  # gone, closed, or being written to
            stream.flush()
    os._exit(code)
