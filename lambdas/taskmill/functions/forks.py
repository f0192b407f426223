"""User code that forks: the new process ends where the code returns; it is no second worker."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn


class OnlyInThisProcess:
    """Runs user code in a `with` block; a process that the code forks ends here, if it gets here.

    The claim, the messages and the connections belong to the process that forked. So the child must
    not store an outcome, nor handle the messages that come next.

    No generator: `contextmanager` sets an attribute of the error, which some (frozen) ones refuse.
    """

    def __enter__(self) -> None:
        self._pid = os.getpid()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if os.getpid() != self._pid:
            _exit(error)


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
