"""The console of `taskmill dev`: a second port of its server, with a key that lasts."""

from __future__ import annotations

import os
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from taskmill.client.paths import path_of
from taskmill.console.about import About
from taskmill.console.app import Console
from taskmill.console.keyed import new_key
from taskmill.console.place import CannotServe, bound
from taskmill.console.serving import Place, place_of
from taskmill.console.upstream import Upstream
from taskmill.dev.place import TOKEN
from taskmill.model.keys import DEFAULT_TENANT, TaskKey

if TYPE_CHECKING:
    import httpx

KEY_FILE = "console.key"
_KEY = re.compile(r"[A-Za-z0-9_-]{32}")


@dataclass(frozen=True)
class ConsoleDoor:
    """The console, and the socket on which it is served."""

    console: Console
    listener: socket.socket

    @property
    def place(self) -> Place:
        return place_of(self.console, self.listener)

    def beside(self, api: ASGIApp) -> ASGIApp:
        """One application for both ports."""
        port = self.listener.getsockname()[1]
        page = self.console.application(port)

        async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
            await (page if scope["server"][1] == port else api)(scope, receive, send)

        return by_port

    def link(self, key: TaskKey) -> str:
        """The address of a task's page."""
        return self.place.address(path_of(key).removeprefix("/v1/tenants"))


def console_door(url: str, folder: Path) -> ConsoleDoor:
    """The console for the API at a URL, on the port after it, or on any other if that is taken.

    Args:
        folder: Where the key is kept, so that an open page goes on after a restart.
    """
    about = About(url=url, tenant=DEFAULT_TENANT)
    upstream = Upstream(url, _token)
    console = Console(upstream=upstream, about=about, key=_kept_key(folder / KEY_FILE))
    return ConsoleDoor(console, _listener(int(url.rpartition(":")[2]) + 1))


def _token() -> httpx.Auth:
    from taskmill.client.auth import Token  # botocore takes a quarter of a second

    return Token(TOKEN)


def _listener(port: int) -> socket.socket:
    try:
        return bound(port, command="taskmill dev")
    except (CannotServe, OverflowError):
        return bound(0, command="taskmill dev")


def _kept_key(file: Path) -> str:
    """The key in a file that only its owner may read; a new one if there is none."""
    with suppress(OSError):
        if _KEY.fullmatch(kept := file.read_text()):
            return kept
    key = new_key()
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(key)
    return key
