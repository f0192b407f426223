"""The timeout of task code, enforced in the process that runs it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from taskmill.functions.awaiting import AWAITS, Awaits
from taskmill.model.error_members import members
from taskmill.model.interruptions import BLOCKED, HeldUp
from taskmill.work.threaded_calls import ThreadedCall
from taskmill.work.timeouts import TimeIsUp, timeout_error
from taskmill.work.watchdog import WATCHDOG, Limit

T = TypeVar("T")


def run_within(seconds: float, call: Callable[[], T], late: Callable[[], None] = lambda: None) -> T:
    """Call `call` and return what it returns, within `seconds`.

    In the main thread, a signal interrupts Python code and blocking calls alike (see `Watchdog`).
    In any other thread, the call runs in a separate thread, which is abandoned when its time is
    up: it is interrupted as soon as it runs Python code again, but not waited for. So the call must
    do no harm if it goes on for a while after the timeout.

    Calls may be nested (a task function that runs another task with `execute_now`); the time of the
    outer call goes on meanwhile.

    Args:
        late: Called as soon as the time is up: code that goes on is to do no harm from then on.

    Raises:
        TaskTimeout: The call took longer than `seconds`, whatever it made of the interrupt.
        HeldUp: So it did, and it could not go on as other code blocks its event loop.
        TimeIsUp: The time of an outer call is up.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and hasattr(signal, "pthread_kill"):  # not on Windows
        return _watched(seconds, call, late)
    return ThreadedCall(call).result(seconds, late)


def _watched(seconds: float, call: Callable[[], T], late: Callable[[], None]) -> T:
    awaits = Awaits()
    limit = Limit(time.monotonic() + max(seconds, 0.001), _watched, awaits.stack)
    result: list[T] = []
    error: BaseException | None = None
    try:
        try:
            WATCHDOG.begin(limit)
            before = AWAITS.set(awaits)
            try:
                result.append(call())
            finally:
                AWAITS.reset(before)
        except BaseException as raised:  # noqa: BLE001  # raised again below
            error = raised
        WATCHDOG.end(limit)
    except TimeIsUp as time_is_up:  # the call had ended, or its own error had been caught
        error = error or time_is_up
        WATCHDOG.end(limit)
    if limit.rung:
        late()
        if awaits.held_up():
            raise HeldUp(BLOCKED)
        raise timeout_error(seconds, limit.where) from None
    if error is None:
        return result[0]
    outer_is_up = any(each.rung and not each.over for each in WATCHDOG.limits)
    if outer_is_up and any(isinstance(each, TimeIsUp) for each in members(error)):
        raise TimeIsUp from error
    raise error
