"""A page for a console whose own page is not what a test is about, and raw requests."""

import socket
from collections.abc import Mapping
from pathlib import Path

from taskmill.console.serving import Place


def page_in(folder: Path) -> Path:
    (folder / "app").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>a page</title>")
    (folder / "app" / "main.js").write_text("export {}")
    (folder / "secret.py").write_text("no part of a page")
    return folder


def status_of(place: Place, request: str) -> int:
    """The status that raw text is answered with; 0: the connection is closed without any."""
    host, _, port = place.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = connection.recv(65_536)
    return int(answer.split()[1]) if answer else 0


def raw(method: str, target: str, headers: Mapping[str, str], *, version: str = "1.1") -> str:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/{version}\r\n{lines}\r\n"
