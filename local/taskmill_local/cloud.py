"""``LocalCloud``: start the emulator and deploy to it, stop it, tell its status."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from taskmill_local.app_command import check_app
from taskmill_local.cdk import CdkCli
from taskmill_local.emulator import LAUNCHER, Emulator, RunningEmulator, require_free
from taskmill_local.errors import LocalCloudError
from taskmill_local.locks import alone
from taskmill_local.node import ensure_cdk_cli
from taskmill_local.outputs import Outputs, describe, read, write
from taskmill_local.python_env import ensure_python_env
from taskmill_local.report import Report, TimedReport
from taskmill_local.state_folder import make_state_folder
from taskmill_local.ups import Deployed, Deployment, refuse_broken
from taskmill_local.watching import watch

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
        self._stacks_file = self.state_dir / "stacks.json"
        self._tools_dir = self.root / ".local" / "tools"
        self._emulator = Emulator(self.state_dir, launcher=launcher)
        self._report = report

    def up(
        self,
        *,
        app: str = DEFAULT_APP,
        app_dir: Path | None = None,
        port: int | None = None,
        context: Mapping[str, str] | None = None,
        enforce_iam: bool | None = None,
        stack: str | None = None,
        full: bool = False,
    ) -> Outputs:
        """Start the emulator if it does not run, and deploy the app; a second call deploys changes.

        If only code of functions has changed since, it is given to them without the CDK.

        Args:
            app: The command that synthesises, as in ``cdk.json``.
            app_dir: Working folder of that command; ``root`` by default.
            port: Port of all services, on 127.0.0.1; by default that of the running emulator, else
                4566.
            context: Further CDK context, besides ``local=true``.
            enforce_iam: Check signatures and policies as AWS does; by default as the running
                emulator does, else not.
            stack: Of several stacks with tasks, the one whose outputs clients use.
            full: Leave the deploy to the CDK, whatever has changed.

        Returns:
            The stack outputs, with endpoint, region and credentials; also in ``outputs_file``.

        Raises:
            LocalCloudError: A step failed; the message says which and shows the end of its log.
        """
        report = TimedReport(self._report)
        folder = (app_dir or self.root).resolve()
        check_app(app, folder)
        make_state_folder(self.root / ".local")
        make_state_folder(self.state_dir)
        with alone(self.state_dir / "up.lock", report):
            self._require_port(port=port, enforce_iam=enforce_iam)
            command = ensure_cdk_cli(self.root, self._tools_dir, report)
            running = self._ensure_emulator(report, port=port, enforce_iam=enforce_iam)
            deployment = Deployment(
                cdk=CdkCli(
                    command=command, app_dir=folder, logs_dir=self.state_dir, port=running.port
                ),
                app=app,
                context=context or {},
                running=running,
                python=ensure_python_env(self._tools_dir, report),
                root=self.root,
                state_dir=self.state_dir,
                report=report,
            )
            known = self.outputs_file.exists() and self._stacks_file.exists()
            full = full or not known
            return self._told(report, running, deployment.bring_up_to_date(full=full), stack)

    def watch(self, up: Callable[[], object]) -> None:
        """Call ``up`` now, and again whenever a file of the project changes, until Ctrl-C.

        Raises:
            LocalCloudError: What watches files is not installed; ``up`` failed the first time
                before an emulator ran.
            KeyboardInterrupt: Ctrl-C.
        """
        try:
            up()
        except LocalCloudError as error:
            if self._emulator.running() is None:
                raise
            self._report(str(error))
        watch(self.root, up, self._report)

    def prepare(self) -> None:
        """Install what ``up`` needs, so that starting the emulator needs no network later.

        Raises:
            LocalCloudError: A download failed.
        """
        make_state_folder(self.root / ".local")
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
            outputs=read(self.outputs_file) if running else {},
            state_dir=self.state_dir,
        )

    def _told(
        self, report: Report, running: RunningEmulator, deployed: Deployed, stack: str | None
    ) -> Outputs:
        """Write the outputs, and tell what is there.

        Raises:
            LocalCloudError: There is no such stack, or task modules cannot be imported.
        """
        stacks = deployed.stacks
        if stacks is None:
            stacks = json.loads(self._stacks_file.read_text())
        self._stacks_file.write_text(json.dumps(stacks))
        outputs = describe(stacks, running.port, stack=stack)
        write(self.outputs_file, outputs, stacks, running.port)
        refuse_broken(deployed.types, "all else is deployed")
        for each in deployed.types:
            report(f"{each.stack}: {each.told}" if len(deployed.types) > 1 else each.told)
        if "TaskStacks" in outputs:
            names = " or ".join(outputs["TaskStacks"].split(","))
            report(f"several stacks have tasks: choose {names} with --stack")
        report(f"ready at {running.endpoint_url}")
        return outputs

    def _require_port(self, *, port: int | None, enforce_iam: bool | None) -> None:
        """Refuse a port or settings that cannot be had, before anything is installed."""
        running = self._emulator.running()
        if running is None:
            require_free(port or DEFAULT_PORT)
        elif port not in (None, running.port):
            raise LocalCloudError(
                f"The local cloud of {self.state_dir} already runs on port {running.port} "
                f"(pid {running.pid}), not {port}. Leave --port out, stop it first, "
                "or choose another --state-dir."
            )
        elif enforce_iam not in (None, running.enforce_iam):
            raise LocalCloudError(
                f"The local cloud of {self.state_dir} already runs on port {running.port} "
                f"(pid {running.pid}) {'with' if running.enforce_iam else 'without'} "
                "--enforce-iam. Stop it first, or choose another --state-dir."
            )

    def _ensure_emulator(
        self, report: Report, *, port: int | None, enforce_iam: bool | None
    ) -> RunningEmulator:
        running = self._emulator.running()
        if running is not None:
            self._emulator.wait_for(running)
            report(f"the local cloud runs on port {running.port} (pid {running.pid})")
            return running
        python = ensure_python_env(self._tools_dir, report)
        port = port or DEFAULT_PORT
        report(f"starting the local cloud on port {port}")
        self.outputs_file.unlink(missing_ok=True)
        return self._emulator.start(python, port=port, enforce_iam=bool(enforce_iam))
