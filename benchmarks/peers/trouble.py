"""Killed workers, and tasks for later: how often each task runs, and when."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.peers.celery import Celery
from benchmarks.peers.cloud import HIDDEN_SECONDS, wait_until
from benchmarks.peers.ours import Ours

TASK_SECONDS = 5.0
KILLED_AFTER_SECONDS = 1.0
LATER_SECONDS = HIDDEN_SECONDS + 15  # beyond the visibility timeout
LATER_TASKS = 3
PATIENCE_SECONDS = 115.0  # our lease holds for 90
LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Runs:
    """When a task began and when it ended, in epoch seconds, in as many runs as it had."""

    begins: Sequence[float]
    ends: Sequence[float]

    @classmethod
    def read(cls, file: Path) -> "Runs":
        """What a task has written down so far."""
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return cls(*([float(at) for what, at in lines if what == k] for k in ("begin", "end")))


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


def trouble(
    folder: Path, ours: Ours, late: Celery, early: Celery
) -> tuple[list[Victim], list[Later]]:
    """Killed workers and tasks for later, side by side, as it is all waiting."""
    names = ("taskmill", "Celery, acks late", "Celery, acks early (its default)")
    workers: dict[str, Ours | Celery] = dict(zip(names, (ours, late, early), strict=True))
    killed = {name: folder / f"killed-{place}" for place, name in enumerate(names)}
    asked: dict[str, Callable[[Path, float], None]] = {
        "taskmill, `delay_seconds`": partial(ours.note, delay_seconds=LATER_SECONDS),
        "Celery, `countdown`": partial(late.note, countdown=LATER_SECONDS),
        "Celery, SQS's own delay": partial(late.note, delay_seconds=LATER_SECONDS),
    }
    files = {
        name: [folder / f"later-{place}-{each}" for each in range(LATER_TASKS)]
        for place, name in enumerate(asked)
    }
    with ExitStack() as programs:
        moments = kill(killed, workers, programs)
        for name, note in asked.items():
            for file in files[name]:
                note(file, 0.1)
        found = victims(killed, moments)
        return found, [later(name, each) for name, each in files.items()]


def kill(
    files: Mapping[str, Path], workers: Mapping[str, Ours | Celery], programs: ExitStack
) -> dict[str, float]:
    """Kill each in mid-task and start another in its place, to be stopped with `programs`.

    Returns:
        When each was killed; its file tells what becomes of its task.
    """
    doomed = {name: programs.enter_context(worker.start()) for name, worker in workers.items()}
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
        programs.enter_context(workers[name].start())
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
