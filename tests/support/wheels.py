"""The built distributions, and an environment that has taskmill from its wheel only.

What taskmill depends on comes from the environment of the tests: nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("lambdas", "stacks", "local", "docs", "examples")
FILES = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md")
_OURS = re.compile("AWS_|CDK_|PYTEST_|PYTHON|TASKMILL_|VIRTUAL_ENV")  # and not the reader's
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*", "cdk.out")


@dataclass(frozen=True)
class Distributions:
    """The files that a release uploads."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel; nothing of this repository is on its path."""

    folder: Path

    def run(
        self, *command: str, folder: Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder that is also its home."""
        return subprocess.run(
            [self.program(command[0]), *command[1:]],
            capture_output=True,
            check=False,
            cwd=folder,
            env={**self.environment(folder), **environment},
            text=True,
        )

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def environment(self, home: Path) -> dict[str, str]:
        """The variables of a shell in which the environment is active, and nothing is set up."""
        kept = {name: text for name, text in os.environ.items() if not _OURS.match(name)}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, "HOME": str(home)}


def copied_sources() -> Path:
    """A copy of what is released, so that building leaves nothing in this folder."""
    folder = Path(tempfile.mkdtemp(prefix="taskmill-sources-"))
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=IGNORED)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


def build(sources: Path, *options: str) -> list[Path]:
    """Build distributions of a folder with the packages of the tests; the files."""
    out = Path(tempfile.mkdtemp(prefix="taskmill-built-"))
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), *options]
    built = subprocess.run([*command, str(sources)], capture_output=True, check=False, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return sorted(out.iterdir())


@cache
def distributions() -> Distributions:
    """The sdist, and the wheel that is built from it."""
    found = build(copied_sources())
    [sdist] = [file for file in found if file.name.endswith(".tar.gz")]
    [wheel] = [file for file in found if file.suffix == ".whl"]
    return Distributions(sdist, wheel)


@cache
def installed() -> Installed:
    """An environment with the wheel, and with what it depends on."""
    folder = Path(tempfile.mkdtemp(prefix="taskmill-installed-"))
    venv = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(venv, check=True)
    uv = str(Path(sys.executable).with_name("uv"))
    install = ["pip", "install", "--quiet", "--offline", "--no-deps", "--python"]
    wheel = str(distributions().wheel)
    subprocess.run([uv, *install, str(folder / "bin/python"), wheel], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    # A path in a .pth file is appended, and the .pth files there are not read: the editable
    # installation of this repository is not on the path.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(folder)
