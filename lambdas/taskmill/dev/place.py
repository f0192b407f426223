"""Where a running `taskmill dev` is: its port, and the file by which clients find it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from taskmill.client.outputs import DEV_FILE, announced_by
from taskmill.model.errors import TaskmillError

STATE_FOLDER = DEV_FILE.parent
ADDRESS = "127.0.0.1"
TOKEN = "taskmill-dev"  # noqa: S105  # no secret: the server asks for none


class CannotServe(TaskmillError):
    """The port is taken, or another `taskmill dev` runs in this folder."""

    code = "unreachable"
    http_status = 503


def bound(port: int) -> socket.socket:
    """A socket that listens on a port of this machine only; port 0: on any free one.

    Raises:
        CannotServe: Another process has the port.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise CannotServe(
            f"port {port} is in use{_by(port)}. Choose another one: taskmill dev --port {port + 1}"
        ) from None
    return listener


def check_alone(folder: Path) -> None:
    """Refuse a second server in a folder: clients would find one of the two.

    Raises:
        CannotServe: One runs.
    """
    if running := announced_by(folder / DEV_FILE):
        raise CannotServe(
            f"taskmill dev runs here already: {running['ApiUrl']} (pid {running['Pid']})"
        )


@contextmanager
def announced(folder: Path, url: str) -> Iterator[None]:
    """Let clients in a folder, and below it, find the server."""
    file = folder / DEV_FILE
    file.parent.mkdir(exist_ok=True)
    (file.parent / ".gitignore").write_text("*\n")
    outputs = {"ApiUrl": url, "EndpointUrl": url, "Token": TOKEN, "Pid": str(os.getpid())}
    file.write_text(json.dumps(outputs))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _by(port: int) -> str:
    """Which process has the port, as far as this one may know."""
    with suppress(Exception):  # psutil is not always there, nor always allowed to look
        import psutil

        for each in psutil.net_connections("tcp"):
            if each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN:
                name = psutil.Process(each.pid).name()
                return f" by {name} (pid {each.pid})"
    return ""
