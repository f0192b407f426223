"""Worker processes: started, stopped by their ids, killed with all that they started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskmill_local import environments

STOP_SECONDS = 20


class Program:
    """A process in a session of its own, so that it can be killed whole."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                list(command),
                cwd=folder,
                env={**environments.without_cloud(), **env},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                start_new_session=True,
            )

    def ask(self, *question: Any) -> dict[str, Any]:
        """Send a line of JSON, and read one.

        Raises:
            RuntimeError: It has ended; the message has the end of its log.
        """
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("it has no pipes")
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"it ended: {self.log.read_text(errors='replace')[-2_000:]}")
        return dict(json.loads(line))

    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        """SIGKILL to it and to its children: nothing of it can tidy up."""
        self._signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if not self.ended():
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
        self._signal(signal.SIGKILL)  # children that outlive it
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


@contextmanager
def stopped(program: Program) -> Iterator[Program]:
    """Stop it in the end, whatever happens."""
    try:
        yield program
    finally:
        program.stop()
