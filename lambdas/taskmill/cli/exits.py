"""Exit codes of the command line; scripts rely on them, so they do not change."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from taskmill.model.errors import TaskmillError


class Exit(IntEnum):
    """The exit codes."""

    OK = 0
    FAILED = 1  # the task ended FAILED or CANCELLED
    USAGE = 2  # wrong arguments, or a missing setting
    NOT_FOUND = 3
    UNREACHABLE = 4  # the API did not respond, or denied access
    TIMEOUT = 5  # the wait has timed out; the task continues
    REFUSED = 6  # the API rejected the request: a field, a size, a status
    BUG = 70
    INTERRUPTED = 130  # Ctrl-C


_BY_CODE: Mapping[str, Exit] = {
    "task_failed": Exit.FAILED,
    "invalid_key": Exit.USAGE,
    "unreadable_input": Exit.USAGE,
    "not_configured": Exit.USAGE,
    "not_found": Exit.NOT_FOUND,
    "payload_expired": Exit.NOT_FOUND,
    "unreachable": Exit.UNREACHABLE,
    "throttled": Exit.UNREACHABLE,
    "forbidden": Exit.UNREACHABLE,
    "internal": Exit.UNREACHABLE,
    "wait_timeout": Exit.TIMEOUT,
}


def exit_of(error: TaskmillError) -> Exit:
    """The exit code of an error."""
    return _BY_CODE.get(error.code, Exit.REFUSED)
