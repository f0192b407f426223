"""``LocalCloud``: start the emulator and deploy to it, stop it, tell its status."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from taskmill_local.cdk import CdkCli
from taskmill_local.deploy import Outputs, deploy
from taskmill_local.emulator import LAUNCHER, Emulator, RunningEmulator
from taskmill_local.errors import LocalCloudError
from taskmill_local.node import ensure_cdk_cli
from taskmill_local.python_env import ensure_python_env
from taskmill_local.report import Report, TimedReport

DEFAULT_PORT = 4566
DEFAULT_APP = "python app.py"


@dataclass(frozen=True)
class CloudStatus:
    """Whether a local cloud runs, and where; ``outputs`` is empty until an app is deployed."""

    running: bool
    pid: int | None
    port: int | None
    outputs: Outputs
    state_dir: Path


class LocalCloud:
    """An emulated AWS account on this machine, identified by its state folder.

    Args:
        root: Root folder of the project. Its ``node_modules`` is used if that has the pinned CDK
            command line; tools that are installed once are kept in ``.local/tools``.
        state_dir: Folder of process record, logs, outputs and synthesised app; ``root/.local`` by
            default. Local clouds with different folders and ports run side by side.
        report: Called with a line for each step that takes time.
        launcher: The script that starts the emulator; a benchmark has its own, which counts calls.
    """

    def __init__(
        self,
        root: Path,
        *,
        state_dir: Path | None = None,
        report: Report = print,
        launcher: Path = LAUNCHER,
    ) -> None:
        self.root = root.resolve()
        self.state_dir = (state_dir or self.root / ".local").resolve()
        self.outputs_file = self.state_dir / "outputs.json"
        self._tools_dir = self.root / ".local" / "tools"
        self._emulator = Emulator(self.state_dir, launcher=launcher)
        self._report = report

    def up(
        self,
        *,
        app: str = DEFAULT_APP,
        app_dir: Path | None = None,
        port: int = DEFAULT_PORT,
        context: Mapping[str, str] | None = None,
        enforce_iam: bool = False,
    ) -> Outputs:
        """Start the emulator if it does not run, and deploy the app; a second call deploys changes.

        Args:
            app: The command that synthesises, as in ``cdk.json``.
            app_dir: Working folder of that command; ``root`` by default.
            port: Port of all services, on 127.0.0.1.
            context: Further CDK context, besides ``local=true``.
            enforce_iam: Check signatures and policies as AWS does.

        Returns:
            The stack outputs, with endpoint, region and credentials; also in ``outputs_file``.

        Raises:
            LocalCloudError: A step failed; the message says which and shows the end of its log.
        """
        report = TimedReport(self._report)
        self.state_dir.mkdir(parents=True, exist_ok=True)
        command = ensure_cdk_cli(self.root, self._tools_dir, report)
        running = self._ensure_emulator(report, port=port, enforce_iam=enforce_iam)
        cdk = CdkCli(
            command=command,
            app_dir=(app_dir or self.root).resolve(),
            logs_dir=self.state_dir,
            port=running.port,
        )
        outputs = deploy(cdk, app, state_dir=self.state_dir, context=context or {}, report=report)
        self.outputs_file.write_text(json.dumps(outputs, indent=2) + "\n")
        report(f"ready at {running.endpoint_url}")
        return outputs

    def prepare(self) -> None:
        """Install what ``up`` needs, so that starting the emulator needs no network later.

        Raises:
            LocalCloudError: A download failed.
        """
        ensure_cdk_cli(self.root, self._tools_dir, self._report)
        ensure_python_env(self._tools_dir, self._report)

    def down(self) -> bool:
        """Stop the emulator, which loses all its data; whether one was running."""
        self.outputs_file.unlink(missing_ok=True)
        return self._emulator.stop() is not None

    def status(self) -> CloudStatus:
        """Whether the emulator runs, where, and the outputs of what is deployed."""
        running = self._emulator.running()
        return CloudStatus(
            running=running is not None,
            pid=running.pid if running else None,
            port=running.port if running else None,
            outputs=self._outputs() if running else {},
            state_dir=self.state_dir,
        )

    def _ensure_emulator(self, report: Report, *, port: int, enforce_iam: bool) -> RunningEmulator:
        running = self._emulator.running()
        if running is None:
            python = ensure_python_env(self._tools_dir, report)
            report(f"starting the local cloud on port {port}")
            self.outputs_file.unlink(missing_ok=True)
            return self._emulator.start(python, port=port, enforce_iam=enforce_iam)
        if (running.port, running.enforce_iam) != (port, enforce_iam):
            raise LocalCloudError(
                f"The local cloud of {self.state_dir} already runs on port {running.port} "
                f"(pid {running.pid}) with other settings. Stop it first, "
                "or choose another --state-dir."
            )
        report(f"the local cloud runs on port {port} (pid {running.pid})")
        return running

    def _outputs(self) -> Outputs:
        if not self.outputs_file.exists():
            return {}
        return dict(json.loads(self.outputs_file.read_text()))
