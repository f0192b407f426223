"""The pinned CDK command line against AWS: for deploying a project without Node or npx."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from taskmill_local.app_command import check_app
from taskmill_local.node import ensure_cdk_cli, node_binary
from taskmill_local.report import Report
from taskmill_local.state_folder import make_state_folder

DEFAULT_APP = "python app.py"
GRACE_SECONDS = 30  # for the CDK to end after Ctrl-C, which it gets from the terminal as well


def run_cdk(
    root: Path,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    report: Report = print,
) -> int:
    """Run a ``cdk`` command in a project, with this terminal as its own; returns its exit code.

    Without an app in the arguments or in ``cdk.json``, the app is ``python app.py``. ``python`` is
    the one that runs this.

    Args:
        root: Folder of the project; the command line is installed into its ``.local``, once.
        environment: Variables besides those of this process.

    Raises:
        LocalCloudError: There is no app, or npm could not install the command line.
        KeyboardInterrupt: Ctrl-C, after the command has ended.
    """
    given_app = any(each in ("-a", "--app") or each.startswith("--app=") for each in arguments)
    app: list[str] = []
    if not given_app and not (root / "cdk.json").exists() and arguments[0] != "bootstrap":
        check_app(DEFAULT_APP, root)
        app = ["--app", DEFAULT_APP]
    make_state_folder(root / ".local")
    command = ensure_cdk_cli(root, root / ".local" / "tools", report)
    process = subprocess.Popen(
        [*command, *arguments, *app], cwd=root, env={**_environment(), **(environment or {})}
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        try:
            process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def _environment() -> dict[str, str]:
    first = [str(Path(sys.executable).parent), str(node_binary().parent)]
    return {
        **os.environ,
        "PATH": os.pathsep.join([*first, os.environ.get("PATH", "")]),
        "JSII_NODE": str(node_binary()),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }
