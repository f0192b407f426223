"""The same work on the local cloud: through the deployed stack's workers, and through Celery."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Protocol

from benchmarks.makespan.notes import Notes, p95
from benchmarks.peers.celery import RESULTS, Celery
from benchmarks.peers.cloud import PeerCloud, peer_cloud, wait_until
from benchmarks.peers.findings import celery_python
from benchmarks.peers.peer import make_results_table
from benchmarks.rounds import in_rounds
from benchmarks.section import Report
from taskmill.client import TaskClient
from taskmill.models import NewTask
from taskmill.statuses import Status

WORKERS = 10
LOOK_SECONDS = 0.05
WARM_UPS = 5  # at most
_numbers = count()


@dataclass(frozen=True)
class Work:
    """Tasks that are submitted together, by the seconds that each takes.

    Attributes:
        at_once: How many of them can run at the same time.
        beside: In how many of the rounds Celery takes a turn, too: the last ones. The emulator
            ends functions that have been idle for a minute, so its turns must be short.
    """

    name: str
    seconds: Sequence[float]
    at_once: int = WORKERS
    rounds: int = 3
    beside: int = 3

    @property
    def ideal(self) -> float:
        """The least time that it can take, as tasks cannot be divided."""
        return max(*self.seconds, sum(self.seconds) / self.at_once)


TEN = Work("10 x 5 s", [5.0] * 10)
MANY = Work("200 x 0.5 s", [0.5] * 200)
LONG, SHORT = 5, 100
MIXED = Work(
    f"{LONG} x 30 s, then {SHORT} x 0.1 s", [30.0] * LONG + [0.1] * SHORT, rounds=5, beside=1
)
FAN_OUT = Work("a fan-out of 100 async x 1 s", [1.0] * 100, at_once=100, beside=0)


@dataclass(frozen=True)
class Round:
    """One round of some work, in seconds from the first submit.

    Attributes:
        began: When the first task began; `ended`: when the last one did.
        short_wait: The p95 of the waits of the tasks behind the first few.
        processes: How many took part.
    """

    began: float
    ended: float
    short_wait: float
    processes: int = WORKERS


@dataclass(frozen=True)
class Took:
    """The medians of some rounds, and the worst of their ends."""

    began: float
    ended: float
    worst: float
    short_wait: float

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> "Took":
        return cls(
            began=median(each.began for each in rounds),
            ended=median(each.ended for each in rounds),
            worst=max(each.ended for each in rounds),
            short_wait=median(each.short_wait for each in rounds),
        )


@dataclass(frozen=True)
class OnCloud:
    """By the name of the work: what it took on the stack, and with Celery, if that was run."""

    ours: dict[str, Took] = field(default_factory=dict)
    celery: dict[str, Took] = field(default_factory=dict)


class Side(Protocol):
    """Something that runs work."""

    name: str

    def work(self, file: Path, seconds: Sequence[float]) -> None:
        """Submit a task for each duration; it notes its runs in the file."""
        ...

    def outcomes(self) -> int:
        """How many are stored."""
        ...


class Stack:
    """The deployed stack: submitted over its API, run by its worker function."""

    name = "taskmill"

    def __init__(self, cloud: PeerCloud, client: TaskClient) -> None:
        self._cloud = cloud
        self._client = client

    def work(self, file: Path, seconds: Sequence[float]) -> None:
        self._client.submit_many(
            NewTask(task_type="bench-works", input=[str(file), number, each], notify="none")
            for number, each in enumerate(seconds)
        )

    def outcomes(self) -> int:
        return self._cloud.stored(self._cloud.outputs["TableName"], status="COMPLETED")

    def fan_out(self, file: Path) -> Round:
        """Async subtasks, in as many batches as there are workers, all at once."""
        seconds, since = FAN_OUT.seconds, time.time()
        task = self._client.map(
            "bench-works-async",
            [[str(file), number, each] for number, each in enumerate(seconds)],
            batch_size=len(seconds) // WORKERS,
            max_concurrency=WORKERS,
            notify="none",
        )
        *_, last = self._client.updates(task, timeout_seconds=300, cap_seconds=0.5)
        notes = Notes.read(file)
        notes.check_once(len(seconds))
        if last.status is not Status.COMPLETED or last.finished_at is None:
            raise RuntimeError(f"the fan-out is {last.status}")
        return Round(
            notes.began() - since, last.finished_at.timestamp() - since, 0.0, len(notes.processes)
        )


def measure(*, quick: bool, report: Report) -> OnCloud:
    """All of it; `quick`: each work once, and without Celery."""
    with ExitStack() as until_then:
        cloud = until_then.enter_context(peer_cloud(report, context={"workers": str(WORKERS)}))
        client = TaskClient.from_outputs(cloud.outputs_file, tenant="makespan")
        stack = Stack(cloud, until_then.enter_context(client))
        sides: list[Side] = [stack]
        if not quick:
            make_results_table(cloud, RESULTS)
            python = celery_python(report)
            celery = Celery(cloud, python, concurrency=WORKERS, queue="celery-work")
            until_then.enter_context(celery.producer())
            until_then.enter_context(celery.start())
            sides.append(celery)
        for side in sides:
            report(f"rounds that are thrown away, through {side.name}")
            warm_up(partial(run, side, TEN, cloud.folder))
        found = OnCloud()
        for work in (TEN, MANY, MIXED):
            turns = {each.name: _turn(each, work, cloud.folder, report) for each in sides}
            own = {stack.name: turns[stack.name]}
            alone = in_rounds(own, 0 if quick else work.rounds - work.beside)
            rounds = in_rounds(turns, 1 if quick else work.beside)
            found.ours[work.name] = Took.of([*alone[stack.name], *rounds.pop(stack.name)])
            for theirs in rounds.values():
                found.celery[work.name] = Took.of(theirs)
        report(f"{FAN_OUT.name}, and rounds of it that are thrown away")
        warm_up(lambda: stack.fan_out(_new_file(cloud.folder)))
        fan_outs = [
            stack.fan_out(_new_file(cloud.folder)) for _ in range(1 if quick else FAN_OUT.rounds)
        ]
        found.ours[FAN_OUT.name] = Took.of(fan_outs)
        return found


def warm_up(turn: Callable[[], Round]) -> None:
    """Throw rounds away, until all workers took part in one."""
    for _ in range(WARM_UPS):
        if turn().processes >= WORKERS:
            return


def run(side: Side, work: Work, folder: Path) -> Round:
    """One round.

    Raises:
        RuntimeError: A task did not run exactly once, or has no stored outcome.
        TimeoutError: It takes four times as long as it must, and a minute.
    """
    file, tasks = _new_file(folder), len(work.seconds)
    before, since = side.outcomes(), time.time()
    side.work(file, work.seconds)
    wait_until(
        lambda: sum(map(len, Notes.read(file).ends.values())) >= tasks,
        seconds=60 + 4 * work.ideal,
        look_seconds=LOOK_SECONDS,
        what=f"{work.name} through {side.name}",
    )
    wait_until(
        lambda: side.outcomes() - before >= tasks, look_seconds=LOOK_SECONDS, what="all outcomes"
    )
    notes = Notes.read(file)
    notes.check_once(tasks)
    waits = notes.waits(since, range(LONG, tasks))
    return Round(notes.began() - since, notes.ended() - since, p95(waits), len(notes.processes))


def _turn(side: Side, work: Work, folder: Path, report: Report) -> Callable[[], Round]:
    def turn() -> Round:
        report(f"{work.name} through {side.name}")
        return run(side, work, folder)

    return turn


def _new_file(folder: Path) -> Path:
    return folder / f"notes-{next(_numbers)}"
