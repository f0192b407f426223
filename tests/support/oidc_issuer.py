"""An OpenID Connect issuer on this machine, for tests: it signs everybody in at once.

```python
with OidcIssuer(client_id="console", claims={"custom:tenant": "mbc"}) as issuer:
    issuer.url  # http://127.0.0.1:...
```

Tokens are not signed. It holds its callers to the code flow with PKCE: a code counts once, and only
with the verifier, the client and the address that it was given for.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass
class OidcIssuer:
    """Serves discovery, authorization, token and end of session.

    Args:
        client_id: The only client.
        claims: Further claims of tokens.
        lasts_seconds: How long tokens are valid.
        port: 0: any.
        refuses: The error with which it answers sign-ins; None: it signs in.

    Attributes:
        requests: Path and query of each request.
    """

    client_id: str = "console"
    claims: dict[str, Any] = field(default_factory=dict)
    lasts_seconds: int = 3_600
    port: int = 0
    refuses: str | None = None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", self.port), type("Handler", (_Handler,), {"issuer": self})
        )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/logout",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to which the browser is sent back."""
        assert asked["client_id"] == self.client_id
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        answer = {"state": asked["state"]}
        if self.refuses:
            answer |= {"error": "access_denied", "error_description": self.refuses}
        else:
            code = secrets.token_urlsafe(16)
            self._codes[code] = asked
            answer["code"] = code
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def token(self, asked: dict[str, str]) -> dict[str, Any] | None:
        """The tokens for a code; None: it does not count."""
        given = self._codes.pop(asked.get("code", ""), None)
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if given is None or given["code_challenge"] != _encoded(digest):
            return None
        if any(given[name] != asked.get(name) for name in ("client_id", "redirect_uri")):
            return None
        return {
            "token_type": "Bearer",
            "expires_in": self.lasts_seconds,
            "id_token": self.jwt(aud=self.client_id, nonce=given["nonce"]),
            "access_token": self.jwt(client_id=self.client_id),
        }

    def jwt(self, **claims: Any) -> str:
        now = int(time.time())
        own = {"iss": self.url, "sub": "ada", "iat": now, "exp": now + self.lasts_seconds}
        parts = ({"alg": "none", "typ": "JWT"}, {**own, **self.claims, **claims})
        return ".".join([*(_encoded(json.dumps(each).encode()) for each in parts), "unsigned"])


def claims_of(jwt: str) -> dict[str, Any]:
    """The claims of a token, as the gateway passes them on."""
    part = jwt.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class _Handler(BaseHTTPRequestHandler):
    issuer: OidcIssuer

    def do_GET(self) -> None:
        place = urlsplit(self.path)
        query = {name: each[-1] for name, each in parse_qs(place.query).items()}
        self.issuer.requests.append((place.path, query))
        if place.path == "/.well-known/openid-configuration":
            self._json(200, self.issuer.discovery())
        elif place.path == "/authorize":
            self._send(302, b"", {"Location": self.issuer.authorize(query)})
        elif place.path == "/logout":
            self._send(200, b"signed out", {"Content-Type": "text/plain"})
        else:
            self._json(404, {"error": "not_found"})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: each[-1] for name, each in parse_qs(text).items()}
        self.issuer.requests.append((self.path, asked))
        tokens = self.issuer.token(asked)
        self._json(*((200, tokens) if tokens else (400, {"error": "invalid_grant"})))

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Access-Control-Allow-Origin": "*"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass
