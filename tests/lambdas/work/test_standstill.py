"""Time limits while somebody looks at a task in a debugger."""

import threading
import time
from collections.abc import Callable

import pytest

from taskmill.model.errors import TaskTimeout
from taskmill.work.standstill import STANDSTILL, Standstill
from taskmill.work.threaded_calls import ThreadedCall


def within(seconds: float, call: Callable[[], object]) -> object:
    return ThreadedCall(call).result(seconds, lambda: None)


def test_a_limit_does_not_run_on_while_time_stands_still() -> None:
    def looked_at() -> str:
        with STANDSTILL.hold():
            time.sleep(0.6)
        return "seen"

    assert within(0.3, looked_at) == "seen"


def test_what_was_left_of_it_counts_afterwards() -> None:
    def goes_on() -> None:
        with STANDSTILL.hold():
            time.sleep(0.4)
        time.sleep(5)

    began = time.monotonic()
    with pytest.raises(TaskTimeout):
        within(0.3, goes_on)
    assert 0.6 < time.monotonic() - began < 3


def test_holds_may_be_nested_and_count_once() -> None:
    still = Standstill()
    with still.hold(), still.hold():
        time.sleep(0.1)
        assert still.is_held
    assert not still.is_held
    assert 0.1 <= still.seconds < 0.19


def test_holds_of_several_threads_count_once() -> None:
    still = Standstill()

    def look() -> None:
        with still.hold():
            time.sleep(0.2)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert 0.2 <= still.seconds < 0.5
