"""Celery's own Python environment, created once and kept: no part of the product knows it."""

from __future__ import annotations

import hashlib
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from taskmill_local import packages

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
TOOLS = Path(__file__).parents[2] / ".local" / "tools"


def celery_python(report: Callable[[str], None]) -> Path:
    """The Python that has Celery; its environment is made when this pinned list has none yet.

    Raises:
        subprocess.CalledProcessError: The packages could not be installed.
    """
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
    home = TOOLS / f"celery-py{sys.version_info.major}{sys.version_info.minor}-{pins}"
    python = home / "bin" / "python"
    complete = home / ".complete"
    if not complete.exists():
        report("installing Celery into an environment of its own (once)")
        venv.create(home, clear=True, symlinks=True)
        packages.install(python, "-r", str(REQUIREMENTS))
        complete.touch()
    return python


def pinned(package: str) -> str:
    """The version of a package that is compared with."""
    lines = REQUIREMENTS.read_text().splitlines()
    (line,) = (each for each in lines if each.startswith(f"{package}=="))
    return line.split()[0].partition("==")[2]
