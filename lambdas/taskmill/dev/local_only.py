"""Refuses requests that do not come from a program of this machine.

A web page can reach a port of the machine that shows it: by its own name that resolves to 127.0.0.1
(so the Host is checked), or by a form or a script (so Origin and Sec-Fetch-Site are).
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

FETCHED_BY_US = ("same-origin", "none")


class LocalOnly:
    """ASGI middleware.

    Args:
        port: Of the server.
    """

    def __init__(self, app: ASGIApp, *, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_local(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        message = "taskmill dev answers programs on this machine only, not web pages of others"
        refusal = JSONResponse({"error": {"code": "forbidden", "message": message}}, 403)
        await refusal(scope, receive, send)

    def _is_local(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        return (
            headers.get("host") in self._hosts
            and (origin is None or origin.removeprefix("http://") in self._hosts)
            and headers.get("sec-fetch-site", "none") in FETCHED_BY_US
        )
