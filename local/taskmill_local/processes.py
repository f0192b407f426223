"""Find and stop processes, and find out which process holds a port."""

import socket
from dataclasses import dataclass
from typing import Self

import psutil


@dataclass(frozen=True)
class ProcessId:
    """The identity of a process. The pid alone is not enough: the system reuses it.

    Args:
        pid: Process id.
        created: Start time, in seconds since 1970.
    """

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> Self:
        return cls(pid=pid, created=psutil.Process(pid).create_time())

    def find(self) -> psutil.Process | None:
        """The process while it lives, else None."""
        try:
            process = psutil.Process(self.pid)
            if process.create_time() != self.created or process.status() == psutil.STATUS_ZOMBIE:
                return None
        except psutil.NoSuchProcess:
            return None
        return process


def stop_tree(process: psutil.Process, *, grace_seconds: float = 5) -> None:
    """Terminate a process and its descendants, and kill those that run after ``grace_seconds``."""
    family = [process, *_descendants(process)]
    _signal(family, "terminate")
    _, alive = psutil.wait_procs(family, timeout=grace_seconds)
    _signal(alive, "kill")
    psutil.wait_procs(alive, timeout=grace_seconds)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> psutil.Process | None:
    """The process that listens on a port; None if there is none or the system does not say."""
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return psutil.Process(connection.pid)
    except psutil.Error:  # macOS tells root only; Linux tells of the user's own processes
        return None
    return None


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        children: list[psutil.Process] = process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    return children


def _signal(processes: list[psutil.Process], method: str) -> None:
    for process in processes:
        try:
            getattr(process, method)()
        except psutil.NoSuchProcess:
            continue
