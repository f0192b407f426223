"""The files of the page: those below one folder, of the kinds that a page is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from taskmill.console.lean_scripts import lean
from taskmill.console.refusals import refusal

FOLDER = Path(__file__).with_name("static")
# Said here and not by `mimetypes`, which on Windows believes the registry.
KINDS: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_INDEX = "index.html"


def sent(file: Path) -> bytes:
    """The content of a file as it is sent: scripts without comments."""
    return lean(file.read_text()).encode() if file.suffix == ".js" else file.read_bytes()


class StaticFiles:
    """Answers requests for files; a path is looked up among them, and never opened as it is."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return refusal(405, "method_not_allowed", "files can be read only")
        name = request.scope["path"].removeprefix("/") or _INDEX
        file = self._files().get(name)
        if file is None:
            return refusal(404, "not_found", "there is no such page")
        content = sent(file)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"cache-control": "no-cache", "etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type=KINDS[file.suffix])

    def _files(self) -> dict[str, Path]:
        """By their names, at this moment: whoever changes a file sees it with the next request."""
        return {
            file.relative_to(self._folder).as_posix(): file
            for file in self._folder.rglob("*")
            if file.suffix in KINDS and file.is_file() and not file.is_symlink()
        }
