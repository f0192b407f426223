"""The local cloud as one thing: up, down, status."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from taskmill_local.cdk import CdkCli
from taskmill_local.deploy import Outputs, deploy
from taskmill_local.emulator import LAUNCHER, Emulator, RunningEmulator
from taskmill_local.errors import LocalCloudError
from taskmill_local.node import ensure_cdk_cli
from taskmill_local.python_env import Report, ensure_python_env

DEFAULT_PORT = 4566
DEFAULT_APP = "python app.py"


@dataclass(frozen=True)
class CloudStatus:
    """What runs. ``outputs`` is empty until an app has been deployed."""

    running: bool
    pid: int | None
    port: int | None
    outputs: Outputs
    state_dir: Path


class LocalCloud:
    """A cloud of one's own in a folder.

    Args:
        root: The project; its ``node_modules`` is used when it holds the pinned CDK, and the
            tools that are installed once are kept in its ``.local/tools``.
        state_dir: This cloud's record, logs, outputs and synthesised app; ``root/.local`` by
            default. Clouds with other folders and ports run side by side.
        report: Is told each step that takes time, with the seconds since ``up`` began.
        launcher: The script that starts the emulator; a benchmark has one that counts.
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
        """Start it if it does not run, and deploy the app; a second call deploys changes.

        Args:
            app: The command that synthesises, as in ``cdk.json``.
            app_dir: Where that command runs; ``root`` by default.
            port: Of every service of the cloud, on 127.0.0.1.
            context: More CDK context; ``local=true`` is always set.
            enforce_iam: Check signatures and policies as AWS does.

        Returns:
            The stack outputs and the way to reach them, also written to ``outputs_file``.

        Raises:
            LocalCloudError: Something failed; the message says what and shows the log's end.
        """
        report = _Timed(self._report)
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
        """Install what ``up`` needs, so that it works without a network from then on.

        Raises:
            LocalCloudError: A download failed.
        """
        ensure_cdk_cli(self.root, self._tools_dir, self._report)
        ensure_python_env(self._tools_dir, self._report)

    def down(self) -> bool:
        """Stop it and forget all it held. Whether one ran."""
        self.outputs_file.unlink(missing_ok=True)
        return self._emulator.stop() is not None

    def status(self) -> CloudStatus:
        """Whether it runs, where, and what is deployed to it."""
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


class _Timed:
    """Puts the seconds since the start before each line."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._started = time.monotonic()

    def __call__(self, line: str) -> None:
        self._report(f"{time.monotonic() - self._started:5.1f} s  {line}")
