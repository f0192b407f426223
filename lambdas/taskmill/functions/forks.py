"""User code that forks: the new process ends where the code returns; it is no second worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn


@contextmanager
def only_in_this_process() -> Iterator[None]:
    """Run user code; a process that the code forks ends here, if it gets here.

    The claim, the messages and the connections belong to the process that forked. So the child must
    not store an outcome, nor handle the messages that come next.
    """
    pid = os.getpid()
    try:
        yield
    except BaseException as error:
        if os.getpid() != pid:
            _exit(error)
        raise
    if os.getpid() != pid:
        _exit(None)


def _exit(error: BaseException | None) -> NoReturn:
    """End this process at once: no `finally` and no `atexit` hook of its parent runs."""
    code = 0
    try:
        if isinstance(error, SystemExit) and (error.code is None or isinstance(error.code, int)):
            code = error.code or 0
        elif error is not None:
            code = 1
            import traceback

            traceback.print_exception(error)
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
    finally:
        os._exit(code & 0xFF)
