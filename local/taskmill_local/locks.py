"""A lock between processes, by a file: one ``up`` at a time for each state folder."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from taskmill_local.report import Report

LOOK_EVERY_SECONDS = 0.2


@contextmanager
def alone(lock_file: Path, report: Report) -> Iterator[None]:
    """Hold the lock; while another process holds it, say so once and wait.

    The system releases the lock of a process that ends, in whatever way.
    """
    with lock_file.open("a+") as file:
        if not _locked(file):
            report(f"waiting for another `local up` of this folder ({_holder(file)})")
            while not _locked(file):
                time.sleep(LOOK_EVERY_SECONDS)
        file.seek(0)
        file.truncate()
        file.write(f"pid {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            file.flush()
            _unlock(file)


def _holder(file: IO[str]) -> str:
    file.seek(0)
    with suppress(OSError):  # on Windows, a locked file cannot be read
        return file.read(32) or "another process"
    return "another process"


if sys.platform == "win32":
    import msvcrt

    def _locked(file: IO[str]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _locked(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
