"""The key of a console: whoever asks for data must show it, so that nobody else's page can.

It reaches the page in the fragment of the address, which browsers do not send. A header that only
a script of the page can set brings it back; a cookie would go to other ports of the machine, too.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from taskmill.console.refusals import refusal

HEADER = "x-taskmill-key"
PATHS = ("/v1/", "/console.json", "/payload", "/logs")


def new_key() -> str:
    """192 random bits, in characters that a fragment may have; none is a slash."""
    return secrets.token_urlsafe(24)


class Keyed:
    """ASGI middleware: requests for data must have the key.

    Args:
        paths: Beginnings of the paths that are data.
    """

    def __init__(self, app: ASGIApp, *, key: str, paths: Sequence[str] = PATHS) -> None:
        self._app = app
        self._key = key.encode()
        self._paths = tuple(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._paths):
            shown = Headers(scope=scope).getlist(HEADER)
            if len(shown) != 1 or not hmac.compare_digest(shown[0].encode(), self._key):
                message = "open the address that the command has printed: it has the key"
                await refusal(403, "wrong_key", message)(scope, receive, send)
                return
        await self._app(scope, receive, send)
