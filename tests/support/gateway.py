"""The in-process API as a WSGI application, for tools that speak to one."""

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from taskmill.testing.http import InProcessApi, handler

Start = Callable[[str, list[tuple[str, str]]], Any]


def gateway(environ: Mapping[str, Any], start_response: Start) -> Iterable[bytes]:
    """As API Gateway: who does not sign gets no further, but to /health."""
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    if path != "/health" and "HTTP_AUTHORIZATION" not in environ:
        return _send(403, {}, json.dumps({"message": "Forbidden"}), start_response)
    event = InProcessApi().event(
        environ["REQUEST_METHOD"],
        "",
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or None,
        environ.get("QUERY_STRING", ""),
        _headers(environ),
    )
    answer = handler(event | {"rawPath": path}, None)
    return _send(answer["statusCode"], answer["headers"], answer["body"], start_response)


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    sent = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    declared = environ.get("CONTENT_TYPE")
    return {**sent, "content-type": declared} if declared else sent


def _send(code: int, headers: Mapping[str, str], body: str, start: Start) -> Iterable[bytes]:
    status = HTTPStatus(code)
    declared = {"Content-Type": "application/json"} if body else {}
    start(f"{code} {status.phrase}", list((declared | headers).items()))
    return [body.encode()]
