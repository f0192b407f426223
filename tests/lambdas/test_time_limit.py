import asyncio
import threading
import time

import pytest

from taskmill.errors import TaskTimeout
from taskmill.time_limit import time_limit

SOON = 0.05


def test_quick_code_is_left_alone() -> None:
    with time_limit(SOON):
        done = True

    time.sleep(2 * SOON)  # nothing rings later
    assert done


def test_a_sleep_is_interrupted() -> None:
    began = time.monotonic()

    with pytest.raises(TaskTimeout, match=r"ran longer than 0\.05 s"), time_limit(SOON):
        time.sleep(10)

    assert time.monotonic() - began < 5


def test_a_busy_loop_is_interrupted() -> None:
    with pytest.raises(TaskTimeout), time_limit(SOON):
        while True:
            pass


def test_waiting_for_a_thread_is_interrupted() -> None:
    with pytest.raises(TaskTimeout), time_limit(SOON):
        threading.Event().wait(10)


def test_an_event_loop_is_interrupted() -> None:
    with pytest.raises(TaskTimeout), time_limit(SOON):
        asyncio.run(asyncio.sleep(10))


def test_code_that_catches_every_exception_does_not_outlive_its_time() -> None:
    with pytest.raises(TaskTimeout), time_limit(SOON):
        while True:
            try:
                time.sleep(10)
            except Exception:  # noqa: BLE001, S112  # as some task code does
                continue


def test_code_s_own_errors_pass() -> None:
    with pytest.raises(KeyError, match="mine"), time_limit(SOON):
        raise KeyError("mine")


def test_no_time_at_all_ends_the_code_at_once() -> None:
    with pytest.raises(TaskTimeout), time_limit(-1):
        time.sleep(10)


def test_outside_the_main_thread_code_runs_on() -> None:
    done = []

    def work() -> None:
        with time_limit(0.01):
            time.sleep(SOON)
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == [True]
