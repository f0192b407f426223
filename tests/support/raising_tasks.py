"""Task functions that raise what they are told to, and more than an `Exception`."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, field_validator, model_serializer

from taskmill import Abort, Retry, TaskContext, task
from taskmill.testing import Crash

ONCE = Retry(max_attempts=1)
AT_ONCE = Retry(max_attempts=3, base_seconds=0)
RUNS: list[Any] = []


class OwnBase(BaseException):
    """An error of a library that is no `Exception`."""


@dataclass(frozen=True)
class Frozen(Exception):
    """An error that refuses to be changed, and so to have another traceback set."""

    text: str = "frozen"


class Unprintable(Exception):
    """Its `__str__` and `__repr__` raise what `by` makes."""

    def __init__(self, by: Callable[[], BaseException]) -> None:
        super().__init__()
        self.by = by

    def __str__(self) -> str:
        raise self.by()

    __repr__ = __str__


class Endless(Exception):
    def __str__(self) -> str:
        while self.args:
            pass
        return "never"


def _recurse(depth: int) -> int:
    return _recurse(depth + 1)


RAISED: dict[str, Callable[[], BaseException]] = {
    "CancelledError": lambda: asyncio.CancelledError("scope closed"),
    "GeneratorExit": lambda: GeneratorExit("closed"),
    "SystemExit": lambda: SystemExit("nothing to do"),
    "KeyboardInterrupt": lambda: KeyboardInterrupt("made up"),
    "OwnBase": lambda: OwnBase("of a library"),
    "StopIteration": lambda: StopIteration("no more"),
    "StopAsyncIteration": lambda: StopAsyncIteration("no more"),
    "RecursionError": lambda: RecursionError("too deep"),
    "MemoryError": lambda: MemoryError("too much"),
    "Frozen": Frozen,
    "TimeoutError": lambda: TimeoutError("no answer"),
    "BaseExceptionGroup": lambda: BaseExceptionGroup("several", [OwnBase("of a library")]),
}


def an_error(name: str) -> BaseException:
    return RAISED[name]()


@task("raises", retry=ONCE)
def raises(name: str) -> None:
    raise an_error(name)


@task("raises-async", retry=ONCE)
async def raises_async(name: str) -> None:
    await asyncio.sleep(0)
    raise an_error(name)


@task("raises-deeply", retry=ONCE)
def raises_deeply(_: Any) -> None:
    _recurse(0)


@task("raises-once", retry=Retry(max_attempts=2, base_seconds=0, on=BaseException))
def raises_once(name: str, ctx: TaskContext) -> str:
    if ctx.attempt == 1:
        raise an_error(name)
    return name


@task("unprintable", retry=ONCE)
def unprintable(name: str) -> None:
    raise Unprintable(RAISED[name])


@task("endless-text", retry=ONCE, timeout_seconds=0.1)
def endless_text(_: Any) -> None:
    raise Endless(1)


class Checked(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def check(cls, name: str) -> str:
        if name in RAISED:
            raise an_error(name)
        return name


@task("validates", retry=ONCE)
def validates(value: Checked) -> None:
    RUNS.append(value)


class Odd(BaseModel):
    """A result that raises when it is made JSON."""

    name: str

    @model_serializer
    def odd(self) -> Any:
        raise an_error(self.name)


@task("odd-result", retry=ONCE)
def odd_result(name: str) -> Any:
    return Odd(name=name)


class OwnRetry(Retry):
    """A policy whose methods raise."""

    def allows(self, error: BaseException, attempt: int) -> bool:
        raise OwnBase(f"no opinion on {error!r} in attempt {attempt}")


@task("own-policy", retry=OwnRetry())
def own_policy(_: Any) -> None:
    raise ValueError("mine")


@task("fine")
def fine(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("fine-async")
async def fine_async(value: Any) -> Any:
    RUNS.append(value)
    return value


@task("waits-for-raising", retry=ONCE)
def waits_for_raising(name: str, ctx: TaskContext) -> str:
    try:
        ctx.run(raises, name)
    except Exception as failed:  # noqa: BLE001  # the test's to look at
        return f"{type(failed).__name__} {failed}"
    return "no error"


@task("raises-after-child", retry=ONCE)
def raises_after_child(name: str, ctx: TaskContext) -> None:
    ctx.run(fine, name)
    raise an_error(name)


@task("ctrl-c", retry=ONCE)
def ctrl_c(_: Any) -> None:
    signal.raise_signal(signal.SIGINT)


@task("ctrl-c-async", retry=ONCE)
async def ctrl_c_async(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(5)


# Groups


async def _raise(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


def _member(name: str) -> BaseException:
    return {
        "abort": Abort("give up"),
        "value": ValueError("wrong"),
        "key": KeyError("gone"),
        "os": OSError("no disk"),
        "base": OwnBase("of a library"),
        "exit": SystemExit(3),
    }[name]


def nested(names: list[Any], error: Callable[[str], BaseException] = _member) -> BaseException:
    """`[["abort"], "value"]` as groups within groups."""
    return BaseExceptionGroup(
        "several", [nested(each) if isinstance(each, list) else error(each) for each in names]
    )


@task("group", retry=AT_ONCE)
def group(names: list[Any]) -> None:
    RUNS.append(names)
    raise nested(names)


@task("task-group", retry=AT_ONCE)
async def task_group(names: list[str]) -> None:
    RUNS.append(names)
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            tasks.create_task(_raise(_member(name)))


@task("picky-group", retry=Retry(max_attempts=3, base_seconds=0, on=(OSError, ValueError)))
def picky_group(names: list[Any]) -> None:
    RUNS.append(names)
    raise nested(names)


@task("never-group", retry=Retry(max_attempts=3, base_seconds=0, never=KeyError))
def never_group(names: list[Any]) -> None:
    RUNS.append(names)
    raise nested(names)


@task("any-group", retry=Retry(max_attempts=3, base_seconds=0, on=BaseExceptionGroup))
def any_group(names: list[Any]) -> None:
    RUNS.append(names)
    raise nested(names)


@task("except-star", retry=AT_ONCE)
def except_star(names: list[Any]) -> str:
    RUNS.append(names)
    try:
        raise nested(names)
    except* ValueError:
        RUNS.append("handled")
    return "done"


@task("runs-in-group", retry=AT_ONCE)
async def runs_in_group(values: list[Any], ctx: TaskContext) -> list[Any]:
    async def one(value: Any) -> Any:
        await asyncio.sleep(0)
        return ctx.run(fine, value)

    async with asyncio.TaskGroup() as tasks:
        made = [tasks.create_task(one(value)) for value in values]
    return [each.result() for each in made]


@task("gathers-in-group", retry=AT_ONCE)
async def gathers_in_group(values: list[Any], ctx: TaskContext) -> list[Any]:
    async def all_of(values: list[Any]) -> list[Any]:
        return ctx.gather(fine, values)

    async with asyncio.TaskGroup() as tasks:
        made = [tasks.create_task(all_of(values)), tasks.create_task(all_of(values[:1]))]
    return [each.result() for each in made]


@task("fails-in-group", retry=AT_ONCE)
async def fails_in_group(name: str, ctx: TaskContext) -> None:
    RUNS.append("fails-in-group")

    async def one() -> None:
        ctx.run(raises, name)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one())


@task("runs-beside-an-error", retry=AT_ONCE)
async def runs_beside_an_error(name: str, ctx: TaskContext) -> None:
    """One task of the group waits for a child, another fails at the same time."""
    RUNS.append("runs-beside-an-error")

    async def one() -> None:
        ctx.run(fine, "child")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(one())
        tasks.create_task(_raise_now(_member(name)))


async def _raise_now(error: BaseException) -> None:
    raise error


@task("crashes-in-group")
async def crashes_in_group(_: Any, ctx: TaskContext) -> int:
    async with asyncio.TaskGroup() as tasks:
        if ctx.attempt == 1:
            tasks.create_task(_raise(Crash("gone")))
    return ctx.attempt


@task("group-out-of-time", retry=ONCE, timeout_seconds=0.1)
async def group_out_of_time(_: Any) -> None:
    async def busy() -> None:
        while True:
            pass

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(busy())
        tasks.create_task(asyncio.sleep(60))
