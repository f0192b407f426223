"""What a task has logged, for the console: read as `taskmill logs` reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskmill.cli.call import Call


def reader_of(call: Call) -> Callable[[str], list[dict[str, Any]]]:
    """A function that reads the log lines of the task with a key, oldest first.

    It raises `NoAccount` where the caller may not read logs, or none are kept.
    """

    def read(key: str) -> list[dict[str, Any]]:
        from taskmill.cli.aws_account import NoAccount
        from taskmill.cli.logs.command import of_aws, reader_for
        from taskmill.cli.logs.shown import document

        try:
            reader, begin, end = reader_for(call, [key], None)
            return [document(entry) for entry in reader.read(begin, end)]
        except of_aws() as error:
            raise NoAccount(f"cannot read the logs: {error}") from None

    return read
