"""Refuses requests that no browser sends: other forms of targets, ambiguous bodies, odd headers."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from taskmill.console.refusals import refusal


class PlainRequests:
    """ASGI middleware: the target is a path without tricks, and the length of the body is clear."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := _problem(scope)):
            await refusal(400, "malformed_request", problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _problem(scope: Scope) -> str | None:
    path, headers = scope["raw_path"], Headers(scope=scope)
    if not path.startswith(b"/"):
        return "the target of a request must be a path"  # not a URL, nor `*` or a host
    if b"//" in path or b"\\" in path or b"%" in path or b"/." in path:
        return "the path must be written plainly, without quoted characters and dots as names"
    lengths, coding = headers.getlist("content-length"), headers.getlist("transfer-encoding")
    if len(lengths) + len(coding) > 1:
        return "the length of the body is given twice"
    if headers.get("upgrade") or headers.get("expect"):
        return "nothing but plain requests is answered"
    return None
