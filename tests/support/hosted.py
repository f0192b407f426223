"""The hosted console on this machine: an in-process cloud behind a gateway that reads tokens."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from oidc_issuer import OidcIssuer, claims_of

from taskmill.handlers import hosted_console
from taskmill.testing.http import InProcessApi, handler


@contextmanager
def hosted(issuer: OidcIssuer, **settings: Any) -> Iterator[str]:
    """The address of a console whose people sign in at an issuer. The cloud must be in use.

    Args:
        **settings: Of the console's function, besides those of the sign-in.
    """
    sign_in = {"issuer": issuer.url, "clientId": issuer.client_id, "scopes": ["openid"]}
    console = {**sign_in, "token": "id", "origins": [], "base": "", **settings}
    _forget()
    hosted_console.os.environ["CONSOLE"] = json.dumps(console)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Gateway", (_Gateway,), {"issuer": issuer}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        del hosted_console.os.environ["CONSOLE"]
        _forget()


def _forget() -> None:
    hosted_console._settings.cache_clear()
    hosted_console._policy.cache_clear()


class _Gateway(BaseHTTPRequestHandler):
    issuer: OidcIssuer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        if place.path.startswith("/console"):
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(hosted_console.handler({"rawPath": place.path, "headers": headers}, None))
        else:
            self._api()

    def do_POST(self) -> None:
        self._api()

    do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815  # the names that it calls

    def _api(self) -> None:
        place = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode() or None
        claims = self._claims()
        if claims is None:
            self._send({"statusCode": 401, "headers": {}, "body": '{"message":"Unauthorized"}'})
            return
        api = InProcessApi(authorizer={"jwt": {"claims": claims, "scopes": None}})
        event = api.event(self.command, place.path, body, place.query, dict(self.headers))
        self._send(handler(event, None))

    def _claims(self) -> dict[str, Any] | None:
        """As the authorizer checks them, but for the signature."""
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind != "Bearer":
            return None
        claims = claims_of(token)
        issued = claims["iss"] == self.issuer.url and claims.get("aud") == self.issuer.client_id
        return claims if issued and claims["exp"] > time.time() else None

    def _send(self, answer: dict[str, Any]) -> None:
        encoded = answer.get("isBase64Encoded")
        body = base64.b64decode(answer["body"]) if encoded else (answer["body"] or "").encode()
        self.send_response(answer["statusCode"])
        for name, value in {"content-type": "application/json", **answer["headers"]}.items():
            self.send_header(name, str(value))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass
