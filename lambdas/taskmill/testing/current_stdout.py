"""The standard output of this moment, for loggers that live longer than one replacement of it."""

from __future__ import annotations

import sys


class CurrentStdout:
    """Writes to `sys.stdout` as it is then.

    Loggers of one name share a handler, which keeps its stream. pytest's `capsys` replaces
    `sys.stdout` for one test, and closes the replacement.
    """

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()
