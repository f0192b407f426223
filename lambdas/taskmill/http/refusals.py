"""Errors that only HTTP requests can cause; the other ones are in `taskmill.model.errors`."""

from __future__ import annotations

from taskmill.model.errors import InvalidRequest, TaskmillError, TaskNotFound


class MalformedBody(InvalidRequest):
    """The body is missing or is not a JSON object."""

    code = "malformed_body"
    http_status = 400


class UnsupportedMediaType(TaskmillError):
    """The content type of the body is not JSON."""

    code = "unsupported_media_type"
    http_status = 415


class NoSuchRoute(TaskNotFound):
    """No route has this path."""

    code = "no_such_route"


class MethodNotAllowed(TaskmillError):
    """The path has routes, but none for this method."""

    code = "method_not_allowed"
    http_status = 405

    def __init__(self, method: str, path: str, *, allowed: list[str]) -> None:
        super().__init__(f"{path} takes {', '.join(allowed)}, not {method}")
        self.allowed = allowed
