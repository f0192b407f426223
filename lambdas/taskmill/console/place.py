"""The port of a server on this machine."""

from __future__ import annotations

import socket
from contextlib import suppress

from taskmill.model.errors import TaskmillError

ADDRESS = "127.0.0.1"


class CannotServe(TaskmillError):
    """The port is taken, or another `taskmill dev` runs in this folder."""

    code = "unreachable"
    http_status = 503


def bound(port: int, *, command: str) -> socket.socket:
    """A socket that listens on a port of this machine only; port 0: on any free one.

    Args:
        command: To try again with another port.

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
            f"port {port} is in use{_by(port)}. Choose another one: {command} --port {port + 1}"
        ) from None
    return listener


def _by(port: int) -> str:
    """Which process has the port, as far as this one may know."""
    with suppress(Exception):  # psutil is not always there, nor always allowed to look
        import psutil

        for each in psutil.net_connections("tcp"):
            if each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN:
                name = psutil.Process(each.pid).name()
                return f" by {name} (pid {each.pid})"
    return ""
