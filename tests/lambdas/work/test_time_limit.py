import asyncio
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest

from taskmill.errors import TaskTimeout
from taskmill.functions.awaiting import awaited
from taskmill.work.time_limit import run_within

SOON = 0.05
Caller = Callable[[Callable[[], Any]], Any]


def in_this_thread(call: Callable[[], Any]) -> Any:
    assert threading.current_thread() is threading.main_thread()
    return call()


def in_another_thread(call: Callable[[], Any]) -> Any:
    """What a call in a thread returns or raises."""
    ends: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            ends.append(call())
        except BaseException as error:  # noqa: BLE001  # the test's to look at
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return ends[0]


@pytest.fixture(params=[in_this_thread, in_another_thread])
def caller(request: pytest.FixtureRequest) -> Caller:
    """Where the limited call is made from: what is said below holds for every thread."""
    chosen: Caller = request.param
    return chosen


def busy() -> None:
    while True:
        pass


def nap() -> None:
    time.sleep(3_600)


def nap_though_errors_come() -> None:
    while True:
        try:
            time.sleep(0.01)
        except Exception:  # noqa: BLE001, S112  # as some task code does
            continue


def wait_for_a_thread() -> None:
    threading.Event().wait(3_600)


def await_for_ever() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    awaited(wait())


def block_an_event_loop() -> None:
    async def block() -> None:
        time.sleep(3_600)  # noqa: ASYNC251  # as some task code does

    awaited(block())


NEVER_RETURN = [
    busy,
    nap,
    nap_though_errors_come,
    wait_for_a_thread,
    await_for_ever,
    block_an_event_loop,
]


@pytest.mark.parametrize("code", NEVER_RETURN, ids=lambda code: code.__name__)
def test_code_that_never_returns_ends_in_time(caller: Caller, code: Callable[[], None]) -> None:
    began = time.monotonic()

    with pytest.raises(TaskTimeout, match=r"^ran longer than 0\.05 s$"):
        caller(lambda: run_within(SOON, code))

    assert time.monotonic() - began < 5


@pytest.mark.parametrize("code", [busy, nap], ids=lambda code: code.__name__)
def test_the_error_tells_where_the_code_was(caller: Caller, code: Callable[[], None]) -> None:
    with pytest.raises(TaskTimeout) as ended:
        caller(lambda: run_within(SOON, code))

    innermost = traceback.extract_tb(ended.value.__traceback__)[-1]
    assert innermost.name == code.__name__


def test_quick_code_is_left_alone(caller: Caller) -> None:
    assert caller(lambda: run_within(SOON, lambda: "done")) == "done"

    time.sleep(2 * SOON)  # nothing rings later


def test_code_s_own_errors_pass(caller: Caller) -> None:
    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        caller(lambda: run_within(SOON, fail))


@pytest.mark.parametrize("error", [SystemExit, GeneratorExit])
def test_what_is_no_error_passes_too(caller: Caller, error: type[BaseException]) -> None:
    def leave() -> None:
        raise error

    with pytest.raises(error):
        caller(lambda: run_within(SOON, leave))


def test_no_time_at_all_ends_the_code_at_once(caller: Caller) -> None:
    with pytest.raises(TaskTimeout):
        caller(lambda: run_within(-1, nap))


def test_a_call_may_have_a_year(caller: Caller) -> None:
    assert caller(lambda: run_within(365 * 86_400, lambda: 1)) == 1


def test_code_sees_its_caller_s_context(caller: Caller) -> None:
    who = ContextVar("who", default="nobody")

    def call() -> str:
        who.set("caller")
        return run_within(SOON, who.get)

    assert caller(call) == "caller"


def test_code_within_code_has_a_limit_of_its_own(caller: Caller) -> None:
    def outer() -> str:
        with pytest.raises(TaskTimeout, match=r"0\.05 s"):
            run_within(SOON, nap)
        return "went on"

    assert caller(lambda: run_within(30, outer)) == "went on"


def test_code_within_code_leaves_the_outer_limit_standing(caller: Caller) -> None:
    def outer() -> None:
        run_within(30, lambda: None)
        nap()

    with pytest.raises(TaskTimeout, match=r"0\.05 s"):
        caller(lambda: run_within(SOON, outer))


def test_many_calls_within_one_leave_its_limit_standing(caller: Caller) -> None:
    def outer() -> None:
        for _ in range(1_000):  # each stops the outer timer and starts it for what was left
            run_within(30, lambda: None)
        nap()

    with pytest.raises(TaskTimeout, match=r"0\.5 s"):
        caller(lambda: run_within(0.5, outer))


def test_the_sooner_limit_holds_whichever_it_is(caller: Caller) -> None:
    with pytest.raises(TaskTimeout, match=r"0\.05 s"):
        caller(lambda: run_within(SOON, lambda: run_within(30, nap)))


TRACED = """\
import signal, sys, threading, time
from taskmill.errors import TaskTimeout
from taskmill.work.time_limit import run_within

def trace(frame, event, value):
    return trace

def deaf():
    signal.signal(signal.SIGURG, signal.SIG_IGN)  # the limit then takes a second way
    while True:
        pass

threading.settrace(trace)  # as coverage.py and debuggers do it
for call in (deaf, lambda: time.sleep(3_600), deaf, lambda: time.sleep(3_600)):
    try:
        run_within(0.05, call)
    except TaskTimeout:
        print("in time", flush=True)
calls = 0

def traced():
    global calls
    for _ in range(1_000):
        abs(len(str(calls)))
        step()

def step():
    global calls
    calls += 1

thread = threading.Thread(target=traced, daemon=True)
thread.start()
thread.join(20)
print(calls)
"""


def test_limits_hold_in_a_process_whose_threads_are_traced_which_go_on_after_them() -> None:
    """In CPython 3.11, a traced thread may wait for a signal or an exception that never comes."""
    told = subprocess.run(
        [sys.executable, "-c", TRACED], capture_output=True, text=True, timeout=60, check=True
    )

    assert told.stdout.split("\n") == [*["in time"] * 4, "1000", ""]


@pytest.mark.parametrize(
    "code", [busy, nap_though_errors_come, await_for_ever], ids=lambda code: code.__name__
)
def test_what_was_left_behind_in_a_thread_ends_as_soon_as_it_can(code: Callable[[], None]) -> None:
    threads: list[threading.Thread] = []

    def noted() -> None:
        threads.append(threading.current_thread())
        code()

    with pytest.raises(TaskTimeout):
        in_another_thread(lambda: run_within(SOON, noted))

    threads[0].join(10)
    assert not threads[0].is_alive()


def test_what_was_left_behind_keeps_no_process_alive() -> None:
    threads: list[threading.Thread] = []

    def noted() -> None:
        threads.append(threading.current_thread())
        nap()

    with pytest.raises(TaskTimeout):
        in_another_thread(lambda: run_within(SOON, noted))

    assert threads[0].is_alive()  # it sleeps in C, where nothing reaches it
    assert threads[0].daemon


def test_code_that_swallows_one_interrupt_gets_another() -> None:
    interrupts: list[BaseException] = []
    over = threading.Event()

    def stubborn() -> None:
        while len(interrupts) < 2:
            try:
                busy()
            except BaseException as interrupt:  # noqa: BLE001  # as no task code should
                interrupts.append(interrupt)
        over.set()

    with pytest.raises(TaskTimeout):
        in_another_thread(lambda: run_within(SOON, stubborn))

    assert over.wait(10)


def test_calls_one_after_another_share_a_thread() -> None:
    def idents() -> set[int]:
        return {run_within(30, threading.get_ident) for _ in range(20)}

    assert len(in_another_thread(idents)) == 1


def test_an_interrupt_never_meets_the_next_call() -> None:
    def count() -> int:
        return sum(1 for _ in range(20_000))

    def ends_just_in_time_or_just_too_late() -> None:
        with suppress(TaskTimeout):
            run_within(0.002, lambda: time.sleep(0.002))

    def in_turn() -> list[int]:
        counts = []
        for _ in range(150):
            ends_just_in_time_or_just_too_late()
            counts.append(run_within(30, count))
        return counts

    assert in_another_thread(in_turn) == [20_000] * 150


def test_a_forked_process_has_threads_of_its_own() -> None:
    script = """
import os, threading
from taskmill.work.time_limit import run_within

def elsewhere():
    found = []
    thread = threading.Thread(target=lambda: found.append(run_within(30, os.getpid)))
    thread.start()
    thread.join(10)
    return found

assert elsewhere() == [os.getpid()]
child = os.fork()
if not child:
    os._exit(0 if elsewhere() == [os.getpid()] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    command = [sys.executable, "-W", "ignore", "-c", script]  # threads and fork: that is the point

    subprocess.run(command, check=True, timeout=60)
