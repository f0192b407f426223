"""What becomes of a task whose worker is killed, and of one that is to run later."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.peers.cloud import HIDDEN_SECONDS, wait_until
from benchmarks.peers.programs import Program

TASK_SECONDS = 5.0
KILLED_AFTER_SECONDS = 1.0
LATER_SECONDS = HIDDEN_SECONDS + 15  # beyond the visibility timeout
LATER_TASKS = 3
PATIENCE_SECONDS = 115.0  # our lease holds for 90
LOOK_SECONDS = 0.1


class Worker(Protocol):
    """What starts the processes of one of those compared."""

    def start(self) -> Program: ...

    def note(self, file: Path, seconds: float) -> None:
        """Submit a task that writes down its runs, each of so many seconds."""
        ...


@dataclass(frozen=True)
class Runs:
    """When a task began and when it ended, in epoch seconds, in as many runs as it had."""

    begins: Sequence[float]
    ends: Sequence[float]

    @classmethod
    def read(cls, file: Path) -> Runs:
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        begins, ends = (
            [float(at) for what, at in lines if what == kind] for kind in ("begin", "end")
        )
        return cls(begins, ends)


@dataclass(frozen=True)
class Victim:
    """What became of a task whose worker was killed at `moment`."""

    name: str
    moment: float
    runs: Runs

    @property
    def again_seconds(self) -> float | None:
        """From the kill until it began again; None: it did not."""
        later = [each for each in self.runs.begins if each > self.moment]
        return min(later) - self.moment if later else None


@dataclass(frozen=True)
class Later:
    """How often tasks ran that were to run once each, `LATER_SECONDS` from their submit."""

    name: str
    tasks: int
    runs: int


def kill(
    files: Mapping[str, Path], workers: Mapping[str, Worker], programs: ExitStack
) -> dict[str, float]:
    """Kill each in mid-task and start another in its place, to be stopped with `programs`.

    Returns:
        When each was killed; its file tells what becomes of its task.
    """
    doomed = {name: worker.start() for name, worker in workers.items()}
    for program in doomed.values():
        programs.callback(program.stop)
    for name, worker in workers.items():
        worker.note(files[name], TASK_SECONDS)
    wait_until(
        lambda: all(Runs.read(file).begins for file in files.values()),
        look_seconds=LOOK_SECONDS,
        what="all to begin",
    )
    time.sleep(KILLED_AFTER_SECONDS)
    moments = {}
    for name, program in doomed.items():
        program.kill()
        moments[name] = time.time()
        programs.callback(workers[name].start().stop)
    return moments


def victims(files: Mapping[str, Path], moments: Mapping[str, float]) -> list[Victim]:
    """Wait until all have ended; no longer than anybody's timeouts take."""
    deadline = max(moments.values()) + PATIENCE_SECONDS
    while time.time() < deadline and not all(Runs.read(file).ends for file in files.values()):
        time.sleep(LOOK_SECONDS)
    return [Victim(name, moments[name], Runs.read(file)) for name, file in files.items()]


def later(name: str, files: Sequence[Path]) -> Later:
    """What was written down so far."""
    return Later(name, len(files), sum(len(Runs.read(file).begins) for file in files))
