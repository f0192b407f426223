"""The emulator process: start it, find it again by its state folder, stop it."""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from taskmill_local.environments import REGION, endpoint_url, without_cloud
from taskmill_local.errors import LocalCloudError, with_tail
from taskmill_local.processes import ProcessId, holder_of, is_free, stop_tree

LAUNCHER = Path(__file__).parent / "shim" / "run_ministack.py"

# It answers in under 1 s (measured); a busy machine with cold disks needs far more.
START_SECONDS = 60

_SETTINGS = {
    "BIND_HOST": "127.0.0.1",
    "MINISTACK_REGION": REGION,
    # Idle processes of functions (60 to 90 MB each) end after this; one per function stays.
    "LAMBDA_WARM_TTL_SECONDS": "60",
    # MiniStack's default grows with the machine's memory. 40 busy functions need up to 4 GB.
    "LAMBDA_ACCOUNT_CONCURRENCY": "40",
    # Unused listeners, each of which would occupy a port.
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    # Functions run as processes; the containers of this machine must not be touched.
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    # Without a line for each request.
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class RunningEmulator:
    """The record of a started emulator, stored as JSON in its state folder."""

    pid: int
    created: float
    port: int
    enforce_iam: bool

    @property
    def endpoint_url(self) -> str:
        return endpoint_url(self.port)

    @property
    def process(self) -> psutil.Process | None:
        """The process while it lives, else None."""
        return ProcessId(self.pid, self.created).find()


class Emulator:
    """The emulator of one state folder; several run side by side on different ports.

    Args:
        state_dir: Folder of its record, log and temporary files.
        launcher: The script that the process runs.
    """

    def __init__(self, state_dir: Path, *, launcher: Path = LAUNCHER) -> None:
        self.state_dir = state_dir
        self._launcher = launcher
        self.log_file = state_dir / "emulator.log"
        self._record_file = state_dir / "emulator.json"
        self._temp_dir = state_dir / "tmp"

    def running(self) -> RunningEmulator | None:
        """The emulator of this state folder while it runs, else None."""
        if not self._record_file.exists():
            return None
        record = RunningEmulator(**json.loads(self._record_file.read_text()))
        return record if record.process else None

    def start(self, python: Path, *, port: int, enforce_iam: bool) -> RunningEmulator:
        """Start the process and wait until it answers.

        Raises:
            LocalCloudError: The port is taken, or the process ended or did not answer.
        """
        require_free(port)
        self._clean()
        process = self._spawn(python, port=port, enforce_iam=enforce_iam)
        identity = ProcessId.of(process.pid)
        running = RunningEmulator(**asdict(identity), port=port, enforce_iam=enforce_iam)
        self._record_file.write_text(json.dumps(asdict(running)))
        self._wait_until_healthy(process, running)
        return running

    def wait_for(self, running: RunningEmulator) -> None:
        """Wait until an emulator that another process has started answers.

        Raises:
            LocalCloudError: It ended, or did not answer.
        """
        deadline = time.monotonic() + START_SECONDS
        while not _is_healthy(running.endpoint_url):
            if running.process is None:
                self._fail("The emulator ended.")
            if time.monotonic() > deadline:
                self._fail(f"The emulator on port {running.port} does not answer.")
            time.sleep(0.05)

    def stop(self) -> RunningEmulator | None:
        """Stop the emulator and its functions, and remove their files; None if none was running."""
        running = self.running()
        if running and (process := running.process):
            stop_tree(process)
        self._clean()
        return running

    def log_tail(self) -> str:
        """The log as text, empty if there is none; messages show its last lines."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def _spawn(self, python: Path, *, port: int, enforce_iam: bool) -> subprocess.Popen[bytes]:
        self._temp_dir.mkdir(parents=True)
        settings = {
            **_SETTINGS,
            "GATEWAY_PORT": str(port),
            "AUTH": str(enforce_iam).lower(),
            "TMPDIR": str(self._temp_dir),
        }
        with self.log_file.open("wb") as log:
            return subprocess.Popen(
                [str(python), str(self._launcher), "--state-dir", str(self.state_dir)],
                env={**without_cloud(), **settings},
                cwd=self._temp_dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal that started the emulator must not stop it.
                start_new_session=True,
            )

    def _wait_until_healthy(
        self, process: subprocess.Popen[bytes], running: RunningEmulator
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _is_healthy(running.endpoint_url):
            if process.poll() is not None:
                self._clean()
                self._fail(f"The emulator ended with code {process.returncode} as it started.")
            if time.monotonic() > deadline:
                self.stop()
                self._fail(f"The emulator did not answer within {START_SECONDS} s.")
            time.sleep(0.05)

    def _fail(self, what: str) -> None:
        message = f"{what} The last lines of {self.log_file}:"
        raise LocalCloudError(with_tail(message, self.log_tail()))

    def _clean(self) -> None:
        self._record_file.unlink(missing_ok=True)
        shutil.rmtree(self._temp_dir, ignore_errors=True)


def describe(process: psutil.Process) -> str:
    """A process in words, for the message that says who holds a port."""
    try:
        command = process.cmdline()
        if str(LAUNCHER.name) in " ".join(command):
            return f"the local cloud of {command[-1]} (pid {process.pid})"
        return f"{process.name()} (pid {process.pid})"
    except psutil.Error:
        return f"pid {process.pid}"


def require_free(port: int) -> None:
    """Refuse a port that is taken.

    Raises:
        LocalCloudError: It is; the message says by whom, if the system tells.
    """
    if is_free(port):
        return
    holder = holder_of(port)
    who = describe(holder) if holder else "another program"
    raise LocalCloudError(
        f"Port {port} is taken by {who}. Stop that first, or choose another port with --port."
    )


def _is_healthy(endpoint_url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{endpoint_url}/_ministack/health", timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
