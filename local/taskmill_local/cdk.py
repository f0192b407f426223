"""The CDK command line, run against the local cloud."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from taskmill_local.environments import ACCOUNT, REGION, for_clients, without_cloud
from taskmill_local.errors import LocalCloudError, with_tail
from taskmill_local.node import node_binary
from taskmill_local.processes import stop_tree

_QUIET = {"CDK_DISABLE_CLI_TELEMETRY": "true", "NO_COLOR": "1"}


@dataclass(frozen=True)
class CdkRun:
    """A running ``cdk`` command, and its log file."""

    name: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def finish(self) -> None:
        """Wait for the end of the command.

        Raises:
            LocalCloudError: It failed; the message ends with the last lines of its output.
        """
        try:
            code = self.process.wait()
        except BaseException:  # Ctrl-C, most likely: the command must not go on by itself
            self.stop()
            raise
        if code:
            message = f"cdk {self.name} failed with code {code}. The end of {self.log_file}:"
            raise LocalCloudError(with_tail(message, self.log_file.read_text(errors="replace")))

    def stop(self) -> None:
        """End the command and its children, if it still runs."""
        if self.process.poll() is None:
            stop_tree(psutil.Process(self.process.pid))


@dataclass(frozen=True)
class CdkCli:
    """Starts ``cdk`` commands for one app and one local cloud.

    Args:
        command: The first arguments of every command line: Node and the CDK's script.
        app_dir: Working folder of the app's command.
        logs_dir: Where each command writes its log file.
        port: Port of the local cloud.
    """

    command: Sequence[str]
    app_dir: Path
    logs_dir: Path
    port: int

    def bootstrap(self) -> CdkRun:
        """Create the CDK's own bucket and roles, once for each local cloud."""
        account = f"aws://{ACCOUNT}/{REGION}"
        # In another folder than the app's, whose cdk.json would make it synthesise first.
        return self._begin("bootstrap", account, folder=self.logs_dir)

    def synth(self, app: str, *, output_dir: Path, context: Mapping[str, str]) -> CdkRun:
        """Synthesise the app into ``output_dir``."""
        pairs = [f"--context={name}={value}" for name, value in context.items()]
        return self._begin("synth", "--quiet", f"--app={app}", f"--output={output_dir}", *pairs)

    def deploy(self, assembly_dir: Path, *, outputs_file: Path) -> CdkRun:
        """Deploy every stack of a synthesised app."""
        return self._begin(
            "deploy",
            "--all",
            f"--app={assembly_dir}",
            f"--outputs-file={outputs_file}",
            "--require-approval=never",
            # Without a change set, which nobody would review here.
            "--method=direct",
            "--progress=events",
        )

    def _begin(self, name: str, *arguments: str, folder: Path | None = None) -> CdkRun:
        log_file = self.logs_dir / f"cdk-{name}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [*self.command, name, *arguments, "--no-notices"],
                cwd=folder or self.app_dir,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return CdkRun(name, process, log_file)

    def _environment(self) -> dict[str, str]:
        """``python`` in the app's command is this process's Python; jsii runs the bundled Node."""
        inherited = without_cloud()
        first = [str(Path(sys.executable).parent), str(node_binary().parent)]
        return {
            **inherited,
            **_QUIET,
            **for_clients(self.port),
            "PATH": os.pathsep.join([*first, inherited.get("PATH", "")]),
            "JSII_NODE": str(node_binary()),
        }
