"""A `taskmill dev` in a process of its own, in a terminal or without one."""

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SECONDS = 30.0  # patience on a busy machine


class Dev:
    """The process, and what it has printed so far."""

    def __init__(
        self,
        project: Path,
        *options: str,
        terminal: bool = False,
        program: Sequence[str] = (sys.executable, "-m", "taskmill.cli"),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.project = project
        self.printed = ""
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self._output, self._input = ours, ours if terminal else None

        def take_terminal() -> None:
            os.setsid()
            fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

        kept = {n: v for n, v in environment.items() if not n.startswith(("TASKMILL", "AWS_"))}
        self.process = subprocess.Popen(  # a child that gets a terminal
            [*program, "dev", "--port", "0", *options],
            cwd=project,
            env={**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdin=theirs if terminal else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=take_terminal if terminal else None,  # noqa: PLW1509  # nothing else does
        )
        os.close(theirs)

    @property
    def url(self) -> str:
        found = json.loads((self.project / ".taskmill" / "dev.json").read_text())
        return str(found["ApiUrl"])

    def prints(self, text: str, *, seconds: float = SECONDS) -> str:
        """Wait until it has printed a text; everything up to there, which is then forgotten."""
        ends = time.monotonic() + seconds
        while text not in self.printed:
            left = ends - time.monotonic()
            assert left > 0, f"{text!r} was not printed:\n{self.printed}"
            if select.select([self._output], [], [], left)[0]:
                self._read()
        before, _, self.printed = self.printed.partition(text)
        return before + text

    def types(self, text: str) -> None:
        assert self._input is not None, "it has no terminal"
        os.write(self._input, text.encode())

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        with contextlib.suppress(OSError):
            while select.select([self._output], [], [], 0)[0] and self._read():
                pass
        return code

    def _read(self) -> bool:
        try:
            found = os.read(self._output, 65_536)
        except OSError:  # the terminal is closed
            found = b""
        assert found or self.process.poll() is None or self.printed, "it has ended"
        self.printed += found.decode().replace("\r\n", "\n")
        return bool(found)


@contextmanager
def running(project: Path, *options: str, **how: Any) -> Iterator[Dev]:
    """Start it, and end it in any case. The arguments are those of `Dev`."""
    dev = Dev(project, *options, **how)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.process.kill()
            dev.process.wait()
        os.close(dev._output)
