"""Worker processes: started, stopped by their ids, killed with all that they started."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from taskmill_local import environments

STOP_SECONDS = 20


class Program:
    """A process in a session of its own, so that it can be killed whole; a block stops it."""

    def __init__(
        self, command: Sequence[str], *, folder: Path, env: Mapping[str, str], log: Path
    ) -> None:
        self._log = log
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ask it to end; kill it when it does not."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()  # and children that outlive it
        for pipe in filter(None, (self._process.stdin, self._process.stdout)):
            pipe.close()

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
            raise RuntimeError(f"it ended: {self._log.read_text(errors='replace')[-2_000:]}")
        return dict(json.loads(line))

    def kill(self) -> None:
        """SIGKILL to it and to its children: nothing of it can tidy up."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
