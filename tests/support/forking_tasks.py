"""Task functions that fork. Each run is noted in a file, which all processes share."""

import asyncio
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

from taskmill import Retry, TaskContext, task
from taskmill.errors import Conflict

ONCE = Retry(max_attempts=1)
NOTES: list[Path] = []  # the file, set by the test


def note(text: str) -> None:
    with NOTES[0].open("a") as file:
        file.write(f"{text}\n")


def notes() -> list[str]:
    return NOTES[0].read_text().splitlines() if NOTES[0].exists() else []


def child_s_end(child: int) -> int:
    """The exit code of a forked process."""
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@task("forks", retry=ONCE)
def forks(how: str) -> Any:
    """The forked process comes back from the function like its parent."""
    child = os.fork()
    if child:
        note("parent")
        return child_s_end(child)
    note("child")
    return _leave(how)


@task("forks-async", retry=ONCE)
async def forks_async(how: str) -> Any:
    await asyncio.sleep(0)
    child = os.fork()
    if child:
        note("parent")
        await asyncio.sleep(0.01)  # its loop still works
        return child_s_end(child)
    note("child")
    return _leave(how)


def _leave(how: str) -> str:
    if how == "raises":
        raise ValueError("in the child")
    if how == "exits":
        sys.exit(3)
    if how == "cancels":
        raise asyncio.CancelledError
    return "child"


@task("notes")
def notes_itself(value: Any) -> Any:
    note(f"ran {value}")
    return value


def _square(number: int) -> int:
    return number**2


@task("uses-a-pool", retry=ONCE)
def uses_a_pool(numbers: list[int]) -> list[int]:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(_square, numbers)


@task("uses-ctx-in-a-fork", retry=ONCE)
def uses_ctx_in_a_fork(what: str, ctx: TaskContext) -> int:
    child = os.fork()
    if child:
        return child_s_end(child)
    if what == "progress":
        ctx.progress(1, 2, "from the child")
        os._exit(7)
    try:
        getattr(ctx, what)(notes_itself, [1])
    except Conflict as refused:
        note(str(refused))
        os._exit(8)
    os._exit(9)


@task("runs-a-task-in-a-fork", retry=ONCE)
def runs_a_task_in_a_fork(_: Any) -> int:
    child = os.fork()
    if child:
        return child_s_end(child)
    handle = notes_itself.submit("here", execute_now=True)
    os._exit(5 if handle.result() == "here" else 6)
