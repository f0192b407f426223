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
class Rates:
    """Of one round, or the medians of several.

    Attributes:
        enqueued: Tasks a second; so is `completed`.
        emulator_ms: Its CPU for a task, while the queue was worked off.
        worker_calls: For a task, by operation, of the worker process.
        other_calls: Of all others: who submits, and the functions of a stack.
    """

    enqueued: float
    completed: float
    emulator_ms: float
    worker_calls: Mapping[str, float]
    other_calls: Mapping[str, float]

    @property
    def calls(self) -> float:
        """For one task, whoever makes them."""
        return sum(self.worker_calls.values()) + sum(self.other_calls.values())


def measure(cloud: PeerCloud, side: Peer, tasks: int) -> Rates:
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
    work_seconds = working.seconds(side.key, first="ReceiveMessage", last=side.stores)
    return Rates(
        enqueued=tasks / fill_seconds,
        completed=tasks / work_seconds,
        emulator_ms=emulator_seconds / tasks * 1_000,
        worker_calls={name: n / tasks for name, n in working.operations(side.key).items()},
        other_calls={name: n / tasks for name, n in others.items()},
    )


def medians(rounds: Sequence[Rates]) -> Rates:
    return Rates(
        enqueued=median(each.enqueued for each in rounds),
        completed=median(each.completed for each in rounds),
        emulator_ms=median(each.emulator_ms for each in rounds),
        worker_calls=_medians([each.worker_calls for each in rounds]),
        other_calls=_medians([each.other_calls for each in rounds]),
    )


def _medians(calls: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """By operation, the most frequent first; a round without it counts as none."""
    names = dict.fromkeys(name for each in calls for name in each)
    found = {name: median(each.get(name, 0) for each in calls) for name in names}
    return dict(sorted(found.items(), key=lambda each: -each[1]))
