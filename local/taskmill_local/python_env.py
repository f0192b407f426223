"""The emulator's own Python environment, created once and kept."""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from taskmill_local import packages
from taskmill_local.errors import LocalCloudError, with_tail

REQUIREMENTS = Path(__file__).with_name("emulator-requirements.txt")

Report = Callable[[str], None]


def ensure_python_env(tools_dir: Path, report: Report) -> Path:
    """The emulator's Python; its environment is made when this pinned list has none yet.

    The environment runs the same Python version as we do, because the layer of a local
    deploy is built for the Python that synthesises it.

    Raises:
        LocalCloudError: The packages could not be installed.
    """
    home = tools_dir / f"emulator-{_fingerprint()}"
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    complete = home / ".complete"
    if not complete.exists():
        report("installing the emulator into an environment of its own (once)")
        venv.create(home, clear=True, symlinks=sys.platform != "win32")
        try:
            packages.install(python, "-r", str(REQUIREMENTS))
        except subprocess.CalledProcessError as error:
            message = "The emulator's packages could not be installed:"
            raise LocalCloudError(with_tail(message, error.stderr)) from error
        complete.touch()
    return python


def _fingerprint() -> str:
    """The Python version and the pinned list: what decides whether an environment still fits."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
    return f"py{sys.version_info.major}{sys.version_info.minor}-{pins}"
