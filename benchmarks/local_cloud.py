"""A local cloud of the benchmarks' own, with the real stack deployed to it."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from taskmill_local import LocalCloud

ROOT = Path(__file__).parents[1]


@contextmanager
def local_cloud(report: Callable[[str], None]) -> Iterator[LocalCloud]:
    """Deployed and ready; gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="taskmill-bench-") as folder:
        cloud = LocalCloud(ROOT, state_dir=Path(folder), report=report)
        try:
            cloud.up(app="python -m benchmarks.app", app_dir=ROOT, port=free_port())
            yield cloud
        finally:
            cloud.down()


def megabytes(cloud: LocalCloud) -> float:
    """Resident memory of the functions' processes: all below the emulator's own."""
    pid = cloud.status().pid
    if pid is None:
        return 0.0
    resident = 0
    for process in psutil.Process(pid).children(recursive=True):
        try:
            resident += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return resident / (1 << 20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
