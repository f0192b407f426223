"""Refuses requests that do not come from a program or a page of this machine.

A web page can reach a port of the machine that shows it: by its own name that resolves to 127.0.0.1
(so the Host is checked), or by a form or a script (so Origin and Sec-Fetch-Site are).
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from taskmill.console.refusals import refusal

FETCHED_BY_US = ("same-origin", "none")


class LocalOnly:
    """ASGI middleware.

    Args:
        port: Of the server.
        command: Whose server it is, for the message of a refusal.
    """

    def __init__(self, app: ASGIApp, *, port: int, command: str) -> None:
        self._app = app
        self._command = command
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_local(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        message = f"{self._command} answers programs on this machine only, not web pages of others"
        await refusal(403, "forbidden", message)(scope, receive, send)

    def _is_local(self, headers: Headers) -> bool:
        """Whether host, origin and fetch metadata are ours, each given once at most."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        return (
            len(hosts) == 1
            and hosts[0] in self._hosts
            and all(each in self._origins for each in origins)
            and all(each in FETCHED_BY_US for each in headers.getlist("sec-fetch-site"))
        )
