"""The event loop that async task code shares: one for all, and what blocks it ends alone."""

import asyncio
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import pytest
from amounts import amount

from taskmill.errors import TaskTimeout
from taskmill.functions.awaiting import awaited
from taskmill.model.interruptions import HeldUp
from taskmill.work.time_limit import run_within

LONG = 20.0  # seconds; nothing here takes that long
Code = Callable[[], Coroutine[Any, Any, Any]]


def within(seconds: float, code: Code) -> Any:
    return run_within(seconds, lambda: awaited(code()))


def begun(code: Code, seconds: float = LONG) -> "Future[Any]":
    """Code that runs in a thread of its own meanwhile."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(within(seconds, code))
        except BaseException as error:  # noqa: BLE001  # the test's to look at
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


class Blocker:
    """Async code that blocks its event loop until it may go on."""

    def __init__(self) -> None:
        self.blocks = threading.Event()
        self.go_on = threading.Event()

    async def __call__(self) -> str:
        self.blocks.set()
        while not self.go_on.wait(0.01):
            pass
        return "went on"


@pytest.fixture
def blocker() -> Any:
    blocker = Blocker()
    yield blocker
    blocker.go_on.set()


async def its_loop() -> asyncio.AbstractEventLoop:
    await asyncio.sleep(0)
    return asyncio.get_running_loop()


def test_all_code_shares_a_loop_whatever_thread_waits_for_it() -> None:
    with ThreadPoolExecutor(8) as pool:
        loops = {*pool.map(lambda _: within(LONG, its_loop), range(40)), within(LONG, its_loop)}

    assert len(loops) == 1


def test_what_a_module_keeps_works_from_call_to_call() -> None:
    kept = asyncio.Queue[int](1)

    async def put_and_get() -> int:
        getting = asyncio.create_task(kept.get())  # waits, and so binds the queue to its loop
        await asyncio.sleep(0)
        await kept.put(7)
        return await getting

    assert [within(LONG, put_and_get) for _ in range(3)] == [7, 7, 7]


def test_a_call_sees_the_variables_of_its_caller_and_keeps_its_own() -> None:
    variable = ContextVar("variable", default="unset")

    async def change() -> str:
        before = variable.get()
        variable.set("changed")
        return before

    variable.set("set")
    assert within(LONG, change) == "set"
    assert variable.get() == "set"


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_code_raises_is_raised_where_it_is_awaited(error: type[BaseException]) -> None:
    async def fail() -> None:
        raise error("x")

    with pytest.raises(error, match="x"):
        awaited(fail())
    with pytest.raises(error, match="x"):
        within(LONG, fail)


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_task_that_code_started_ends_nothing_but_itself(error: type[BaseException]) -> None:
    async def fail() -> None:
        raise error("x")

    async def start_one() -> str:
        failing = asyncio.create_task(fail())
        await asyncio.wait([failing])
        return type(failing.exception()).__name__

    async def wait() -> str:
        await asyncio.sleep(0.2)
        return "waited"

    beside = begun(wait)
    assert within(LONG, start_one) == error.__name__
    assert beside.result(LONG) == "waited"
    assert within(LONG, wait) == "waited"


def test_tasks_that_code_leaves_behind_are_cancelled_and_those_of_others_are_not() -> None:
    async def leave() -> "asyncio.Task[None]":
        return asyncio.create_task(asyncio.sleep(3_600))

    async def wait_for_own() -> str:
        own = asyncio.create_task(asyncio.sleep(0.2, "done"))
        return await own

    beside = begun(wait_for_own)
    left = within(LONG, leave)

    assert left.cancelled()
    assert beside.result(LONG) == "done"


def test_what_code_sets_of_the_loop_is_gone_for_the_next() -> None:
    async def change() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        loop.set_exception_handler(lambda *_: None)
        loop.set_task_factory(lambda *_, **__: None)  # type: ignore[arg-type]

    async def find() -> tuple[Any, ...]:
        loop = asyncio.get_running_loop()
        await asyncio.gather(asyncio.sleep(0))
        return loop.get_debug(), loop.get_exception_handler()

    within(LONG, change)
    assert within(LONG, find) == (False, None)


def test_a_timeout_cancels_the_code_and_leaves_the_others_alone() -> None:
    ends: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cleared up")

    async def nap() -> str:
        await asyncio.sleep(0.3)
        return "slept"

    beside = begun(nap)
    late = begun(wait, 1)

    with pytest.raises(TaskTimeout, match=r"ran longer than 1 s"):
        late.result(LONG)
    assert beside.result(LONG) == "slept"
    until(lambda: ends == ["cleared up"])


@pytest.mark.parametrize("main", [True, False])
def test_the_timeout_tells_where_the_code_was(*, main: bool, blocker: Blocker) -> None:
    async def innermost() -> None:
        await asyncio.Event().wait()

    async def outermost() -> None:
        await innermost()

    async def blocks() -> None:
        await blocker()

    for code, names in ((outermost, ["outermost", "innermost"]), (blocks, ["blocks", "__call__"])):
        with pytest.raises(TaskTimeout) as ended:
            within(0.5, code) if main else begun(code, 0.5).result(LONG)
        stack = [frame.name for frame in traceback.extract_tb(ended.value.__traceback__)]
        assert [name for name in stack if name in names] == names


def test_code_that_blocks_the_loop_keeps_nobody_from_beginning(blocker: Blocker) -> None:
    blocked = begun(blocker)
    assert blocker.blocks.wait(LONG)

    began = time.monotonic()
    loops = {begun(its_loop).result(LONG) for _ in range(3)}

    assert len(loops) == 1  # a new one
    assert time.monotonic() - began < LONG / 2
    blocker.go_on.set()
    assert blocked.result(LONG) == "went on"


def test_code_that_is_held_up_at_its_timeout_did_not_take_too_long(blocker: Blocker) -> None:
    entered = threading.Event()

    async def wait() -> None:
        entered.set()
        await asyncio.sleep(3_600)

    beside = begun(wait, 2)
    assert entered.wait(LONG)
    blocked = begun(blocker)

    with pytest.raises(HeldUp):
        beside.result(LONG)
    assert not blocked.done()
    blocker.go_on.set()
    assert blocked.result(LONG) == "went on"


def test_code_beside_one_that_blocks_until_its_timeout_is_held_up(blocker: Blocker) -> None:
    entered = threading.Event()

    async def wait() -> None:
        entered.set()
        await asyncio.sleep(3_600)

    beside = begun(wait)
    assert entered.wait(LONG)
    late = begun(blocker, 1)

    with pytest.raises(TaskTimeout):
        late.result(LONG)
    with pytest.raises(HeldUp):
        beside.result(LONG)


def test_a_task_of_the_code_that_blocks_is_the_code_itself(blocker: Blocker) -> None:
    async def blocks_in_a_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(blocker())

    with pytest.raises(TaskTimeout):
        begun(blocks_in_a_group, 1).result(LONG)


def test_code_that_blocks_for_ever_is_ended_and_so_is_its_loop() -> None:
    threads: list[threading.Thread] = []

    async def spin() -> None:
        threads.append(threading.current_thread())
        while True:
            with suppress(Exception):
                time.sleep(0.01)  # noqa: ASYNC251  # as some task code does

    with pytest.raises(TaskTimeout):
        within(1, spin)

    until(lambda: not threads[0].is_alive())


def test_code_that_waits_for_async_code_in_its_own_thread_has_a_loop_for_it() -> None:
    async def outer() -> tuple[Any, Any]:
        with ThreadPoolExecutor(1) as pool:  # blocks the loop meanwhile
            inner = pool.submit(within, LONG, its_loop).result()
        return await its_loop(), inner

    shared, inner = within(LONG, outer)
    assert shared is not inner


def test_any_number_at_once_with_blockers_among_them_each_ends_as_it_should() -> None:
    async def quick(number: int) -> int:
        await asyncio.sleep(0.01)
        return number

    async def blocks(number: int) -> int:
        time.sleep(0.02)  # noqa: ASYNC251
        return number

    async def late(_: int) -> int:
        await asyncio.sleep(3_600)
        return -1

    def run(number: int) -> str:
        code = late if number % 7 == 0 else blocks if number % 3 == 0 else quick
        try:
            return str(within(0.1 if code is late else LONG, lambda: code(number)))
        except BaseException as error:  # noqa: BLE001  # the test's to look at
            return type(error).__name__

    count = amount(300, fuzz=5_000)
    with ThreadPoolExecutor(20) as pool:
        ends = list(pool.map(run, range(count)))

    late_ends = set(ends[::7])
    assert late_ends <= {"TaskTimeout", "HeldUp"}  # held up by those that block
    assert "TaskTimeout" in late_ends
    assert [end for number, end in enumerate(ends) if number % 7] == [
        str(number) for number in range(count) if number % 7
    ]
