"""All that is measured of the peers, one thing after the other."""

import hashlib
import sys
import venv
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from benchmarks.clouds import TOOLS
from benchmarks.peers.celery import PRODUCER, RESULTS, Celery
from benchmarks.peers.cloud import OBSERVER, PeerCloud, peer_cloud, wait_until
from benchmarks.peers.floor import Floor
from benchmarks.peers.ours import Ours
from benchmarks.peers.peer import Peer, make_results_table
from benchmarks.peers.rates import NOBODY, Rates, measure, medians
from benchmarks.peers.trouble import LATER_SECONDS, Later, Victim, trouble
from benchmarks.rounds import in_rounds
from benchmarks.section import Report
from taskmill_local import packages

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
TASKS = 1_000
ROUNDS = 3
CONCURRENCY = 20
ALONE = 40
MEMBERS = 200


@dataclass(frozen=True)
class Latency:
    """Seconds from submit to stored result, of tasks one by one."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Latency":
        return cls(median(seconds), quantiles(seconds, n=20, method="inclusive")[-1])


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

    @property
    def better(self) -> str:
        """The name of Celery's better pool."""
        pools = [name for name in self.rates if name.startswith("Celery")]
        return max(pools, key=lambda name: self.rates[name].completed)


def find(report: Report) -> Findings:
    """Measure everything, in some six minutes."""
    python = celery_python(report)
    with ExitStack() as open_until_then:
        cloud = open_until_then.enter_context(peer_cloud(report))
        make_results_table(cloud, RESULTS)
        celery = partial(Celery, cloud, python, concurrency=CONCURRENCY)
        ours = Ours(cloud, concurrency=CONCURRENCY)
        pools = [celery(pool=each, queue=f"celery-{each}") for each in ("prefork", "threads")]
        late = celery(queue="celery-late")
        early = celery(queue="celery-early", acks_late=False)
        for each in (*pools, late, early):
            open_until_then.enter_context(each.producer())
        found = _rates(cloud, [ours, *pools, Floor(cloud, concurrency=CONCURRENCY)], report)
        best = max(pools, key=lambda each: found[each.name].completed)
        latencies, chords = {}, {}
        for peer in (ours, best):
            report(f"{ALONE} single tasks and a chord of {MEMBERS} through {peer.name}")
            with peer.start():
                peer.latencies(3)  # until the worker is there, and warm
                latencies[peer.name] = Latency.of(peer.latencies(ALONE))
                chords[peer.name] = _chord(cloud, peer)
        report(f"killed workers, and tasks {LATER_SECONDS} s later")
        return Findings(found, latencies, chords, *trouble(cloud.folder, ours, late, early))


def celery_python(report: Report) -> Path:
    """The Python of an environment that has Celery, made when this pinned list has none yet.

    Raises:
        subprocess.CalledProcessError: The packages could not be installed.
    """
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:8]
    home = TOOLS / f"celery-py{sys.version_info.major}{sys.version_info.minor}-{pins}"
    python, complete = home / "bin" / "python", home / ".complete"
    if not complete.exists():
        report("installing Celery into an environment of its own (once)")
        venv.create(home, clear=True, symlinks=True)
        packages.install(python, "-r", str(REQUIREMENTS))
        complete.touch()
    return python


def pinned(package: str) -> str:
    """The version of a package that is compared with."""
    lines = REQUIREMENTS.read_text().splitlines()
    (line,) = (each for each in lines if each.startswith(f"{package}=="))
    return line.split()[0].partition("==")[2]


def _rates(cloud: PeerCloud, sides: Sequence[Peer], report: Report) -> dict[str, Rates]:
    """Of all sides in turns, so that whatever else the machine does falls on each."""

    def run(side: Peer) -> Rates:
        report(f"{TASKS:,} tasks through {side.name}")
        return measure(cloud, side, TASKS)

    rounds = in_rounds({side.name: partial(run, side) for side in sides}, ROUNDS)
    return {name: medians(each) for name, each in rounds.items()}


def _chord(cloud: PeerCloud, peer: Ours | Celery) -> Chord:
    cloud.counts()
    seconds, value = peer.together(MEMBERS)
    wait_until(lambda: cloud.left(peer.queue_url) == 0, what="the last message")
    counts = cloud.counts()
    calls = sum(
        count
        for key in counts.by_key.keys() - {OBSERVER, NOBODY}
        for name, count in counts.operations(key).items()
        if (key, name) != (PRODUCER, "GetItem")  # looks for the result
    )
    right = value == sum(2 * each for each in range(MEMBERS))
    return Chord(seconds, calls / MEMBERS, right)
