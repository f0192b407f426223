"""The virtual environment of the emulator, created once for each list of pinned packages."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

from taskmill_local.errors import LocalCloudError, with_tail
from taskmill_local.packages import install
from taskmill_local.report import Report

REQUIREMENTS = Path(__file__).with_name("emulator-requirements.txt")


def ensure_python_env(tools_dir: Path, report: Report) -> Path:
    """The Python interpreter of the emulator's environment, which is created if it is missing.

    The environment has the Python version of this process, because the layer of a local deploy is
    built for the Python that synthesises it, and the emulator runs the functions.

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
            install(python, "--require-hashes", "-r", str(REQUIREMENTS))
        except subprocess.CalledProcessError as error:
            message = "The emulator's packages could not be installed:"
            raise LocalCloudError(with_tail(message, error.stderr)) from error
        complete.touch()
    return python


def _fingerprint() -> str:
    """Python version and a hash of the pinned packages: a change of either needs a new one."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
    return f"py{sys.version_info.major}{sys.version_info.minor}-{pins}"
