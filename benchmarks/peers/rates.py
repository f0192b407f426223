"""How fast a queue is filled and worked off, and with how many calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.peers.cloud import OBSERVER, PeerCloud, wait_until
from benchmarks.peers.peer import Peer

EMPTY_LOOK_SECONDS = 0.5  # looking costs the emulator time that the workers then lack
NOBODY = ""  # requests that are not signed


@dataclass(frozen=True)
class Round:
    """One filling and working off of so many tasks.

    Attributes:
        emulator_seconds: Of CPU, while the queue was worked off.
        worker_calls: By operation, of the worker process.
        other_calls: Of all others: who submits, and the functions of a stack.
    """

    tasks: int
    fill_seconds: float
    work_seconds: float
    emulator_seconds: float
    worker_calls: Mapping[str, int]
    other_calls: Mapping[str, int]


@dataclass(frozen=True)
class Rates:
    """The medians of rounds: tasks a second; for each, the emulator's CPU in ms, and calls."""

    enqueued: float
    completed: float
    emulator_ms: float
    worker_calls: Mapping[str, float]
    other_calls: Mapping[str, float]

    @property
    def calls(self) -> float:
        """For one task, whoever makes them."""
        return sum(self.worker_calls.values()) + sum(self.other_calls.values())


def measure(cloud: PeerCloud, side: Peer, tasks: int) -> Round:
    """Fill the queue, then start a worker; from its first receive to its last stored outcome.

    Raises:
        RuntimeError: Not every task has an outcome.
    """
    before = side.outcomes()
    cloud.counts()
    fill_seconds = side.fill(tasks)
    filling = cloud.counts()
    began = cloud.cpu_seconds()
    with side.start():
        wait_until(
            lambda: cloud.left(side.queue_url) == 0,
            look_seconds=EMPTY_LOOK_SECONDS,
            what=f"{side.name} to work off {tasks} tasks",
        )
        emulator_seconds = cloud.cpu_seconds() - began
    working = cloud.counts()
    stored = side.outcomes() - before
    if stored != tasks:
        raise RuntimeError(f"{side.name} stored {stored} outcomes of {tasks} tasks")
    others: Counter[str] = Counter()
    for counts in (filling, working):
        for key in counts.by_key.keys() - {side.key, OBSERVER, NOBODY}:
            others.update(counts.operations(key))
    return Round(
        tasks=tasks,
        fill_seconds=fill_seconds,
        work_seconds=working.seconds(side.key, first="ReceiveMessage", last=side.stores),
        emulator_seconds=emulator_seconds,
        worker_calls=working.operations(side.key),
        other_calls=dict(others),
    )


def rates(rounds: Sequence[Round]) -> Rates:
    return Rates(
        enqueued=median(each.tasks / each.fill_seconds for each in rounds),
        completed=median(each.tasks / each.work_seconds for each in rounds),
        emulator_ms=median(each.emulator_seconds / each.tasks for each in rounds) * 1_000,
        worker_calls=_medians([each.worker_calls for each in rounds], rounds[0].tasks),
        other_calls=_medians([each.other_calls for each in rounds], rounds[0].tasks),
    )


def _medians(calls: Sequence[Mapping[str, int]], tasks: int) -> dict[str, float]:
    names = dict.fromkeys(name for each in calls for name in each)
    found = {name: median(each.get(name, 0) for each in calls) / tasks for name in names}
    return dict(sorted(found.items(), key=lambda each: -each[1]))
