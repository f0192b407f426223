"""A `taskmill console` in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SECONDS = 30.0  # patience on a busy machine


@dataclass
class ConsoleProcess:
    """The process, the first line it has printed, and the seconds until then."""

    process: subprocess.Popen[str]
    line: str
    cpu_seconds: float

    def stop(self) -> tuple[int, str]:
        """Its exit code after Ctrl-C, and what it printed since the first line."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        rest = self.process.stdout.read()
        return self.process.wait(SECONDS), rest


@contextmanager
def console_process(
    folder: Path, *words: str, command: str = "console", **environment: str
) -> Iterator[ConsoleProcess]:
    """Start the command with these words, and wait for its first line."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("TASKMILL", "AWS_"))}
    process = subprocess.Popen(
        [sys.executable, "-m", "taskmill.cli", command, *words],
        cwd=folder,
        env={**kept, "NO_COLOR": "1", "XDG_CONFIG_HOME": str(folder / "config"), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline().rstrip("\n")
        while line.startswith("{") and not line.endswith("}"):  # with --json, on several lines
            line += process.stdout.readline().rstrip("\n")
        yield ConsoleProcess(process, line, cpu_seconds(process.pid))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """What a process has computed so far; 0: it has ended."""
    for _ in range(2):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            time.sleep(0.01)
    return 0.0
