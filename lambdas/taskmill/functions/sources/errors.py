"""Errors about task modules that cannot be loaded."""

from __future__ import annotations

from taskmill.model.errors import InvalidRequest, TaskmillError


class NoTaskFolder(InvalidRequest):
    """There is no folder of this name, or it holds no task module."""

    code = "not_configured"
    http_status = 400


class CannotLoadTasks(TaskmillError):
    """A task module cannot be imported, or two modules define the same task type."""

    code = "not_configured"
    http_status = 400
