"""Exceptions of the client; `TaskFailed` and `WaitTimeout` come from `model.errors`."""

from __future__ import annotations

from taskmill.model.errors import InvalidRequest, TaskmillError
from taskmill.model.wait_errors import TaskFailed, WaitTimeout

__all__ = [
    "NotConfigured",
    "TaskFailed",
    "Unreachable",
    "UnreadableInput",
    "WaitTimeout",
]


class NotConfigured(TaskmillError):
    """A setting of the client is missing or wrong: URL, tenant, region or credentials."""

    code = "not_configured"
    http_status = 400


class UnreadableInput(InvalidRequest):
    """A file is missing or malformed; the message has the number of a malformed line."""

    code = "unreadable_input"


class Unreachable(TaskmillError):
    """The task API did not respond, or something else did; the message says what to try."""

    code = "unreachable"
    http_status = 503
