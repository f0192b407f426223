"""Task functions that leave something in their process, and one that tells what it finds there."""

import asyncio
import decimal
import gc
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from aws_lambda_powertools import Logger

from taskmill import Retry, TaskContext, task

ONCE = Retry(max_attempts=1)
WHO: ContextVar[str] = ContextVar("who", default="nobody")
GO, STARTED = threading.Event(), threading.Semaphore(0)
OWN_LOGGER = Logger(service="leaking")


def _unless_main(change: Callable[[], object]) -> None:
    """Signals can be handled in the main thread only: elsewhere there is nothing to leave."""
    if threading.current_thread() is threading.main_thread():
        change()


def _new_loop() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.close()


def _handler(*_: Any) -> None:
    raise AssertionError("the handler of a task that has ended")


def _mask(how: int = signal.SIG_BLOCK) -> set[Any]:
    return set(signal.pthread_sigmask(how, {signal.SIGUSR2} if how == signal.SIG_BLOCK else ()))


def _loop_works() -> bool:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(None)
    loop.close()
    return True


LEAKS: dict[str, Callable[[], object]] = {
    "context variable": lambda: WHO.set("somebody"),
    "environment": lambda: os.environ.update(LEFT_BEHIND="x", HOME="/nowhere"),
    "removed variable": lambda: os.environ.pop("PATH"),
    "time zone": lambda: (os.environ.update(TZ="Asia/Tokyo"), time.tzset()),
    "working folder": lambda: os.chdir("/"),
    "warnings": lambda: warnings.simplefilter("error"),
    "captured warnings": lambda: logging.captureWarnings(capture=True),
    "sys.path": lambda: sys.path.insert(0, "/left-behind"),
    "stdout": lambda: setattr(sys, "stdout", None),
    "excepthook": lambda: setattr(sys, "excepthook", _handler),
    "recursion limit": lambda: sys.setrecursionlimit(5_000),
    "garbage collection": gc.disable,
    "root level": lambda: logging.getLogger().setLevel(logging.DEBUG),
    "level of a logger": lambda: logging.getLogger("botocore").setLevel(1),
    "disabled logging": lambda: logging.disable(logging.CRITICAL),
    "disabled logger": lambda: setattr(logging.getLogger("botocore"), "disabled", True),
    "root handler": lambda: logging.getLogger().addHandler(logging.NullHandler()),
    "keys of an own logger": lambda: OWN_LOGGER.append_keys(order=4711),
    "socket timeout": lambda: socket.setdefaulttimeout(0.5),
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
    "decimal precision": lambda: setattr(decimal.getcontext(), "prec", 3),
    "event loop": _new_loop,
    "signal handler": lambda: _unless_main(lambda: signal.signal(signal.SIGTERM, _handler)),
    "alarm": lambda: _unless_main(
        lambda: (signal.signal(signal.SIGALRM, _handler), signal.alarm(1))
    ),
    "timer": lambda: _unless_main(lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 600)),
    "signal mask": _mask,
}
FOUND: dict[str, Callable[[], object]] = {
    "context variable": WHO.get,
    "environment": lambda: (os.environ.get("LEFT_BEHIND"), os.environ.get("HOME")),
    "removed variable": lambda: os.environ.get("PATH"),
    "time zone": lambda: (os.environ.get("TZ"), time.tzname),
    "working folder": os.getcwd,
    "warnings": lambda: str(warnings.filters),
    "captured warnings": lambda: str(warnings.showwarning),
    "sys.path": lambda: list(sys.path),
    "stdout": lambda: str(sys.stdout),
    "excepthook": lambda: str(sys.excepthook),
    "recursion limit": sys.getrecursionlimit,
    "garbage collection": gc.isenabled,
    "root level": lambda: logging.getLogger().level,
    "level of a logger": lambda: logging.getLogger("botocore").level,
    "disabled logging": lambda: logging.root.manager.disable,
    "disabled logger": lambda: logging.getLogger("botocore").disabled,
    "root handler": lambda: [type(each).__name__ for each in logging.getLogger().handlers],
    "keys of an own logger": lambda: sorted(OWN_LOGGER.get_current_keys()),
    "socket timeout": socket.getdefaulttimeout,
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "decimal precision": lambda: decimal.getcontext().prec,
    "event loop": _loop_works,
    "signal handler": lambda: str(signal.getsignal(signal.SIGTERM)),
    "alarm": lambda: (str(signal.getsignal(signal.SIGALRM)), signal.alarm(0)),
    "timer": lambda: signal.getitimer(signal.ITIMER_VIRTUAL)[0] > 0,
    "signal mask": lambda: sorted(map(int, _mask(signal.SIG_UNBLOCK))),
}


@task("leaks", retry=ONCE)
def leaks(what: str) -> None:
    LEAKS[what]()


@task("leaks-and-fails", retry=ONCE)
def leaks_and_fails(what: str) -> None:
    LEAKS[what]()
    raise ValueError("failed")


@task("finds", retry=ONCE)
def finds(what: str) -> Any:
    return FOUND[what]()


@task("leaks-async", retry=ONCE)
async def leaks_async(what: str) -> None:
    LEAKS[what]()


TICKS: list[int] = []


@task("leaves-a-task", retry=ONCE)
async def leaves_a_task(_: Any) -> None:
    async def tick() -> None:
        while True:
            TICKS.append(1)
            await asyncio.sleep(0)

    KEPT.append(asyncio.create_task(tick()))
    await asyncio.sleep(0.01)


KEPT: list[Any] = []


@task("counts-ticks", retry=ONCE)
async def counts_ticks(_: Any) -> int:
    before = len(TICKS)
    await asyncio.sleep(0.01)
    return len(TICKS) - before


# Log lines


@task("logs-keys", retry=ONCE)
def logs_keys(how: str, ctx: TaskContext) -> None:
    logger = ctx.logger
    {
        "append_keys": lambda: logger.append_keys(customer="acme"),
        "structure_logs": lambda: logger.structure_logs(append=True, customer="acme"),
        "new structure": lambda: logger.structure_logs(customer="acme"),
        "correlation id": lambda: logger.set_correlation_id("acme"),
        "thread_safe": lambda: logger.thread_safe_append_keys(customer="acme"),
    }[how]()
    logger.info("mine")


@task("logs-keys-async", retry=ONCE)
async def logs_keys_async(how: str, ctx: TaskContext) -> None:
    logs_keys(how, ctx)
    await asyncio.sleep(0)


@task("logs-plainly", retry=ONCE)
def logs_plainly(_: Any, ctx: TaskContext) -> None:
    ctx.logger.info("plain")


@task("logs-in-parts", retry=ONCE)
async def logs_in_parts(_: Any, ctx: TaskContext) -> dict[str, Any]:
    async def part() -> None:
        ctx.logger.append_keys(part="one")

    await asyncio.create_task(part())
    with ctx.logger.append_context_keys(within=True):
        within = dict(ctx.logger.get_current_keys())
    ctx.logger.set_correlation_id("c-1")
    found = {
        "within": within["within"],
        "after": ctx.logger.get_current_keys().get("within"),
        "part": ctx.logger.get_current_keys()["part"],
        "correlation": ctx.logger.get_correlation_id(),
    }
    ctx.logger.remove_keys(["part"])
    found["removed"] = "part" not in ctx.logger.get_current_keys()
    ctx.logger.clear_state()
    found["left"] = sorted(ctx.logger.thread_safe_get_current_keys())
    return found


# At the same time


@task("changes-and-waits", timeout_seconds=60)
def changes_and_waits(name: str) -> str | None:
    os.environ["CHANGED_BY"] = name
    STARTED.release()
    GO.wait(20)
    return os.environ.get("CHANGED_BY")


@task("starts-and-ends")
def starts_and_ends(_: Any) -> None:
    os.environ["ENDED"] = "yes"


# Time limits


def _no_alarm() -> None:
    signal.alarm(0)


def _no_timer() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def _own_alarm() -> None:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.alarm(600)


def _ignored_alarm() -> None:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)


def _own_handlers() -> None:
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGINT}:
        signal.signal(number, lambda *_: None)


def _ignored_signals() -> None:
    signal.signal(signal.SIGURG, signal.SIG_IGN)


def _blocked_signals() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


ESCAPES: dict[str, Callable[[], None]] = {
    "alarm(0)": _no_alarm,
    "setitimer(0)": _no_timer,
    "an alarm of its own": _own_alarm,
    "an ignored alarm": _ignored_alarm,
    "handlers for all signals": _own_handlers,
    "ignored signals": _ignored_signals,
    "blocked signals": _blocked_signals,
}


@task("escapes", retry=ONCE, timeout_seconds=0.1)
def escapes(how: str) -> str:
    ESCAPES[how]()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        pass
    return "escaped"


@task("sleeps-with-alarm", retry=ONCE, timeout_seconds=0.1)
def sleeps_with_alarm(how: str) -> str:
    ESCAPES[how]()
    time.sleep(20)
    return "escaped"


class Late(Exception):
    pass


@task("own-time-limit", retry=ONCE)
def own_time_limit(_: Any) -> str:
    """As `timeout_decorator` and others do it."""

    def late(*_: Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        time.sleep(20)
    except Late:
        return "in time"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return "late"


@task("swallows-the-limit", retry=ONCE, timeout_seconds=0.1)
def swallows_the_limit(_: Any) -> str:
    try:
        time.sleep(20)
    except BaseException:  # noqa: BLE001  # as no task code should
        return "swallowed"
    return "slept"
