"""Fails a test that is stuck, so that a run tells which, rather than being ended from outside."""

import faulthandler
import signal
import sys
import threading
from collections.abc import Generator
from time import monotonic  # tests put another one in its place, and in that of `time.sleep`
from types import FrameType

import pytest

AGAIN_SECONDS = 30.0  # a test, or one of its fixtures, may catch what is raised


class StuckTests:
    """A plugin: shows where each thread stands, and raises an error in the main thread.

    SIGUSR2 wakes it, also from a wait. pytest-timeout uses SIGALRM, which tasks of the tests use as
    well, or ends the whole process; and when one ends, pytest-xdist 3.8 may wait for ever.

    Args:
        limit_seconds: How long a test may take, with its fixtures.
    """

    def __init__(self, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._ends: float | None = None
        self._never = threading.Event()
        threading.Thread(target=self._watch, name="stuck-tests", daemon=True).start()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        signal.signal(signal.SIGUSR2, self._fail)  # anew: the test before may have taken it
        self._ends = monotonic() + self._limit_seconds
        try:
            return (yield)
        finally:
            self._ends = None

    def _watch(self) -> None:
        main = threading.main_thread().ident or 0
        rung_for, again = None, 0.0
        while True:
            self._never.wait(min(1.0, self._limit_seconds))
            ends, now = self._ends, monotonic()
            if ends is not None and ends < now and (ends != rung_for or again < now):
                rung_for, again = ends, now + AGAIN_SECONDS
                # The file descriptor, not what pytest puts in its place: so it is in the report.
                faulthandler.dump_traceback(sys.__stderr__ or 2)
                signal.pthread_kill(main, signal.SIGUSR2)

    def _fail(self, _number: int, _frame: FrameType | None) -> None:
        ends = self._ends
        if ends is not None and ends < monotonic():
            pytest.fail(f"stuck: it has run for over {self._limit_seconds:g} s")
