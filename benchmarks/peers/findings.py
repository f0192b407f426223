"""All that is measured of the peers, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Protocol

from benchmarks.peers import trouble
from benchmarks.peers.celery import PRODUCER, Celery, make_results_table
from benchmarks.peers.cloud import OBSERVER, PeerCloud, peer_cloud, wait_until
from benchmarks.peers.environment import celery_python
from benchmarks.peers.floor import Floor
from benchmarks.peers.ours import Ours
from benchmarks.peers.rates import Rates, Round, Side, measure, rates
from benchmarks.peers.trouble import LATER_SECONDS, LATER_TASKS, Later, Victim

TASKS = 1_000
ROUNDS = 3
CONCURRENCY = 20
ALONE = 40
MEMBERS = 200
Report = Callable[[str], None]


@dataclass(frozen=True)
class Latency:
    """Seconds from submit to stored result, of tasks one by one."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: list[float]) -> Latency:
        ordered = sorted(seconds)
        return cls(median(ordered), ordered[int(0.95 * (len(ordered) - 1))])


@dataclass(frozen=True)
class Chord:
    """So many additions and their sum.

    Attributes:
        calls: For one of them, whoever makes them; looking for the result is left out.
        right: Whether the sum is.
    """

    seconds: float
    calls: float
    right: bool


@dataclass(frozen=True)
class Findings:
    """By the name of who was measured."""

    rates: Mapping[str, Rates]
    latencies: Mapping[str, Latency]
    chords: Mapping[str, Chord]
    victims: list[Victim]
    later: list[Later]


class Peer(Side, Protocol):
    """One of those that also run single tasks and chords."""

    def latencies(self, count: int) -> list[float]: ...
    def together(self, count: int) -> tuple[float, int]: ...


def find(report: Report) -> Findings:
    """Measure everything, in some six minutes."""
    python = celery_python(report)
    with ExitStack() as open_until_then:
        enter = open_until_then.enter_context
        cloud = enter(peer_cloud(report))
        make_results_table(cloud)
        celery = partial(Celery, cloud, python, concurrency=CONCURRENCY)
        ours = Ours(cloud, concurrency=CONCURRENCY)
        pools = [celery(pool=each, queue=f"celery-{each}") for each in ("prefork", "threads")]
        late = celery(pool="prefork", queue="celery-late")
        early = celery(pool="prefork", queue="celery-early", acks_late=False)
        for each in (*pools, late, early):
            enter(each.producer())
        found = _rates(cloud, [ours, *pools, Floor(cloud, concurrency=CONCURRENCY)], report)
        best = max(pools, key=lambda each: found[each.name].completed)
        latencies, chords = _single(cloud, [ours, best], report)
        victims, later = _trouble(cloud.folder, ours, late, early, report)
        return Findings(found, latencies, chords, victims, later)


def _rates(cloud: PeerCloud, sides: list[Side], report: Report) -> dict[str, Rates]:
    """Of all sides in turns, so that whatever else the machine does falls on each."""
    rounds: dict[str, list[Round]] = {side.name: [] for side in sides}
    for number in range(ROUNDS):
        for side in sides:
            report(f"{TASKS:,} tasks through {side.name}, round {number + 1} of {ROUNDS}")
            rounds[side.name].append(measure(cloud, side, TASKS))
    return {name: rates(each) for name, each in rounds.items()}


def _single(
    cloud: PeerCloud, peers: list[Peer], report: Report
) -> tuple[dict[str, Latency], dict[str, Chord]]:
    """Single tasks and a chord, of one peer after the other."""
    latencies, chords = {}, {}
    for peer in peers:
        report(f"{ALONE} single tasks and a chord of {MEMBERS} through {peer.name}")
        with peer.worker():
            peer.latencies(3)  # until the worker is there, and warm
            latencies[peer.name] = Latency.of(peer.latencies(ALONE))
            chords[peer.name] = _chord(cloud, peer)
    return latencies, chords


def _chord(cloud: PeerCloud, peer: Peer) -> Chord:
    cloud.counts()
    seconds, value = peer.together(MEMBERS)
    wait_until(lambda: cloud.left(peer.queue_url) == 0, what="the last message")
    counts = cloud.counts()
    calls = 0
    for key in counts.by_key:
        for name, count in counts.operations(key).items():
            looking = key == PRODUCER and name == "GetItem"
            calls += 0 if looking or key in (OBSERVER, "") else count
    right = value == sum(2 * each for each in range(MEMBERS))
    return Chord(seconds, calls / MEMBERS, right)


def _trouble(
    folder: Path, ours: Ours, late: Celery, early: Celery, report: Report
) -> tuple[list[Victim], list[Later]]:
    """Killed workers, and tasks for later: side by side, as it is all waiting."""
    report(f"killed workers, and tasks {LATER_SECONDS} s later")
    names = ("taskmill", "Celery, acks late", "Celery, acks early (its default)")
    workers: dict[str, trouble.Worker] = dict(zip(names, (ours, late, early), strict=True))
    killed = {name: folder / f"killed-{place}" for place, name in enumerate(names)}
    asked = {
        "taskmill, `delay_seconds`": partial(ours.note, delay_seconds=LATER_SECONDS),
        "Celery, `countdown`": partial(late.note, countdown=LATER_SECONDS),
        "Celery, SQS's own delay": partial(late.note, delay_seconds=LATER_SECONDS),
    }
    files = {
        name: [folder / f"later-{place}-{each}" for each in range(LATER_TASKS)]
        for place, name in enumerate(asked)
    }
    with ExitStack() as programs:
        moments = trouble.kill(killed, workers, programs)
        for name, note in asked.items():
            for file in files[name]:
                note(file, 0.1)
        found = trouble.victims(killed, moments)
        return found, [trouble.later(name, each) for name, each in files.items()]
