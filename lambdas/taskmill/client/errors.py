"""What can go wrong at the caller's end."""

from __future__ import annotations

from taskmill.model.errors import InvalidRequest, TaskFailed, TaskmillError, WaitTimeout

__all__ = [
    "NotConfigured",
    "TaskFailed",
    "Unreachable",
    "UnreadableInput",
    "WaitTimeout",
]


class NotConfigured(TaskmillError):
    """The client does not know where, for whom or as whom to call."""

    code = "not_configured"
    http_status = 400


class UnreadableInput(InvalidRequest):
    """A file is missing or does not hold what its name says; a wrong line is named by number."""

    code = "unreadable_input"


class Unreachable(TaskmillError):
    """No answer, or none that a task API gives; the message says what to try."""

    code = "unreachable"
    http_status = 503
