"""Install Python packages with uv, which takes seconds, or with pip if uv fails.

Imports only the standard library and uv, so that ``make setup`` can run it as a script
before anything else is installed: ``python packages.py -r requirements.txt``.
"""

import os
import subprocess
import sys
from pathlib import Path

import uv


def install(python: Path, *arguments: str) -> None:
    """Install into the environment of ``python``; the arguments are those of ``pip install``.

    uv does not read pip's configuration, so it is given pip's index URL. All other settings of a
    ``pip.conf`` (certificates, more indexes) apply only if uv fails and pip tries.

    Raises:
        subprocess.CalledProcessError: Both failed; ``stderr`` is the output of pip.
    """
    result = _run(_uv_command(python), arguments, _uv_environment())
    if result.returncode == 0:
        return
    print(f"uv could not install the packages, so pip tries. uv said:\n{result.stderr}")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    _run(pip, arguments, dict(os.environ)).check_returncode()


def _run(
    command: list[str], arguments: tuple[str, ...], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def _uv_command(python: Path) -> list[str]:
    return [uv.find_uv_bin(), "pip", "install", "--python", str(python)]


def _uv_environment() -> dict[str, str]:
    environment = dict(os.environ)
    index = os.environ.get("PIP_INDEX_URL") or _configured_index()
    if index:
        environment.setdefault("UV_DEFAULT_INDEX", index)
    return environment


def _configured_index() -> str:
    """The ``index-url`` that pip is configured with, empty if there is none."""
    command = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    try:
        install(Path(sys.executable), *sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"The packages could not be installed:\n{error.stderr}")
