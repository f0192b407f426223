"""Start MiniStack as the local cloud does, and have it count who calls what.

Runs as a script in the emulator's own environment, so it imports nothing of ours but the script
that it stands in for. Whoever is counted is told apart by the access key: the emulator takes any.

A receive whose caller has gone is ended: MiniStack would go on waiting for messages, and take one
that nobody gets. AWS notices that the connection is closed.

``GET /_counts`` answers with ``{key: {operation: [calls, first, last]}}``: when the first call
came and when the last one was answered, in seconds of one clock.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

SHIM = Path(__file__).parents[2] / "local" / "taskmill_local" / "shim"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class Counter:
    """An ASGI app that passes requests on and counts those that are signed."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._counts: dict[str, dict[str, tuple[int, float, float]]] = {}
        self._since = time.monotonic()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == "/_counts":
            await self._answer(send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        operation = headers.get(b"x-amz-target", "").rpartition(".")[2]
        started, read = time.monotonic(), asyncio.Event()

        async def receive_and_look() -> dict[str, Any]:
            nonlocal operation
            message = await receive()
            operation = operation or _action_in(message.get("body", b""))
            if not message.get("more_body"):
                read.set()
            return message

        if operation == "ReceiveMessage":
            answering = self._app(scope, receive_and_look, send)
            await _while_connected(answering, receive, read)
        else:
            await self._app(scope, receive_and_look, send)
        if started >= self._since:
            path = scope["path"].split("/")[1]
            self._note(headers, operation or f"{scope['method']} {path}", started)

    def _note(self, headers: dict[bytes, str], operation: str, started: float) -> None:
        who = _access_key(headers.get(b"authorization", ""))
        operations = self._counts.setdefault(who, {})
        calls, first, _ = operations.get(operation, (0, started, started))
        operations[operation] = calls + 1, min(first, started), time.monotonic()

    async def _answer(self, send: Send) -> None:
        """Tell what was begun and answered since it was last told, and begin anew."""
        body = json.dumps(self._counts).encode()
        self._counts, self._since = {}, time.monotonic()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _while_connected(
    answering: Awaitable[None], receive: Receive, read: asyncio.Event
) -> None:
    """Await an answer, for as long as somebody waits for it; `read` says that the request is."""

    async def disconnected() -> None:
        await read.wait()
        while (await receive())["type"] != "http.disconnect":
            pass

    answer, gone = asyncio.ensure_future(answering), asyncio.ensure_future(disconnected())
    await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
    for each in (answer, gone):
        each.cancel()
    await asyncio.gather(answer, gone, return_exceptions=True)


def _access_key(authorization: str) -> str:
    """The key that a request is signed with; empty: with none."""
    return authorization.partition("Credential=")[2].partition("/")[0]


def _action_in(body: bytes) -> str:
    """The operation of a request in the older protocol, a form."""
    return parse_qs(body.decode("latin-1")).get("Action", [""])[0] if b"Action=" in body else ""


if __name__ == "__main__":
    sys.path.insert(0, str(SHIM))
    import run_ministack
    from ministack import app as ministack

    run_ministack.close_gaps()
    ministack.app = Counter(ministack.app)
    sys.argv = sys.argv[:1]
    ministack.main()
