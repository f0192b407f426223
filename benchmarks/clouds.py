"""Emulators of the benchmarks' own: alone, or as a local cloud with a stack deployed to it."""

import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.section import Report
from taskmill_local import LocalCloud
from taskmill_local.emulator import Emulator
from taskmill_local.python_env import ensure_python_env

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".local" / "tools"


@contextmanager
def local_cloud(
    report: Report, *, context: Mapping[str, str] | None = None, **options: Any
) -> Iterator[LocalCloud]:
    """A local cloud with the benchmarks' stack; gone afterwards, whatever happens.

    Args:
        context: CDK context, see `benchmarks/app.py`.
        **options: Of `LocalCloud`.
    """
    with tempfile.TemporaryDirectory(prefix="taskmill-bench-") as folder:
        cloud = LocalCloud(ROOT, state_dir=Path(folder), report=report, **options)
        try:
            app = "python -m benchmarks.app"
            cloud.up(app=app, app_dir=ROOT, port=free_port(), context=context)
            yield cloud
        finally:
            cloud.down()


@contextmanager
def bare_emulator(report: Report) -> Iterator[str]:
    """The URL of an emulator without a stack, whose functions would compete for the processor."""
    python = ensure_python_env(TOOLS, report)
    with tempfile.TemporaryDirectory(prefix="taskmill-bench-") as folder:
        emulator = Emulator(Path(folder))
        try:
            running = emulator.start(python, port=free_port(), enforce_iam=False)
            yield running.endpoint_url
        finally:
            emulator.stop()


def megabytes(cloud: LocalCloud) -> float:
    """Resident memory of the functions' processes: all below the emulator's own."""
    pid = cloud.status().pid
    resident = 0
    for process in psutil.Process(pid).children(recursive=True) if pid else []:
        try:
            resident += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return resident / (1 << 20)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
