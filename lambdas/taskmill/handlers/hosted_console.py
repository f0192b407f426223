"""Handler of the hosted console: static files, and the settings that the page signs in with.

It is deployed by itself, as `index.py` beside the folder `static`, and uses the standard library
only. It has no permissions and no data; whoever knows the address may read all that it has.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_DEFENCES = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_ENTRY = "/console/index.html"


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request for `/console` or a file below it."""
    settings = _settings()
    path = event["rawPath"].removeprefix(settings.get("base") or "")
    if path in ("/console", "/console/"):
        # Addresses in the page are relative, so it needs one with a slash before its name.
        return _answer(302, b"", {"location": f"{settings.get('base') or ''}{_ENTRY}"})
    name = path.removeprefix("/console/")
    if name == "console.json":
        body = json.dumps(_told(settings)).encode()
        return _answer(200, body, {"content-type": _TYPES[".json"], "cache-control": "no-store"})
    if name not in _files():
        body = json.dumps({"error": {"code": "not_found", "message": "no such file"}}).encode()
        return _answer(404, body, {"content-type": _TYPES[".json"]})
    return _file(name, event.get("headers") or {})


def _file(name: str, asked: Mapping[str, str]) -> dict[str, Any]:
    content = _content(name)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {
        "content-type": _TYPES.get(Path(name).suffix, "application/octet-stream"),
        "cache-control": "no-cache",  # asked for each time, and answered by 304
        "etag": etag,
        "vary": "accept-encoding",
    }
    if asked.get("if-none-match") in (etag, f"W/{etag}"):
        return _answer(304, b"", headers)
    if "gzip" in asked.get("accept-encoding", ""):
        return _answer(200, _zipped(name), {**headers, "content-encoding": "gzip"})
    return _answer(200, content, headers)


def _answer(status: int, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {**_DEFENCES, "content-security-policy": _policy(), **headers},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


@cache
def _policy() -> str:
    """Scripts and styles of this place only; requests to the API and to the issuer only."""
    settings = _settings()
    issuer = urlsplit(settings.get("issuer") or "")
    places = [f"{issuer.scheme}://{issuer.netloc}"] if issuer.netloc else []
    allowed = " ".join(["'self'", *places, *settings.get("origins", ())])
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        f" font-src 'self'; connect-src {allowed}; manifest-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )


def _told(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the page is told of its settings."""
    return {
        "mode": "hosted",
        "apiBase": f"{settings.get('base') or ''}/v1",
        "environment": settings.get("environment"),
        "profile": settings.get("title"),
        "readOnly": False,
        "demo": False,
        "logs": False,
        "tenant": None,
        "signIn": {name: settings.get(name) for name in ("issuer", "clientId", "scopes", "token")},
    }


@cache
def _settings() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(os.environ.get("CONSOLE", "{}"))  # noqa: TID251  # see above
    return found


@cache
def _folder() -> Path:
    here = Path(__file__).parent
    deployed, packaged = here / "static", here.parent / "console" / "static"
    return deployed if deployed.is_dir() else packaged


@cache
def _files() -> dict[str, Path]:
    """All files by their names, without their compressed twins; no other path is ever opened."""
    folder = _folder()
    found = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".gz")
    return {file.relative_to(folder).as_posix(): file for file in found}


@cache
def _content(name: str) -> bytes:
    return _files()[name].read_bytes()


@cache
def _zipped(name: str) -> bytes:
    """Compressed as it was deployed; the files of the package have no such twins."""
    twin = _folder() / f"{name}.gz"
    return twin.read_bytes() if twin.is_file() else gzip.compress(_content(name), mtime=0)
