"""The handlers beside the bare calls: times in turns, and a profile of each handler."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks.overhead.calls import Asked, Call, Watched
from benchmarks.overhead.cloud import SERVICES, plain_clients, wired_here
from benchmarks.overhead.profile import Profile, profiled
from benchmarks.overhead.scenes import Scene, dispatcher, http_api, worker
from benchmarks.rounds import Time, cpus, in_rounds, middle_half, ratios, timed, walls
from benchmarks.section import Report

HANDLER, BARE, DEFAULT = "handler", "bare", "boto3 as it comes"
SCENES = (worker, dispatcher, http_api)
TIMES: Mapping[str, Callable[[Sequence[Time]], list[float]]] = {"time": walls, "CPU": cpus}
WARM_UP = 3


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done for each handler."""

    rounds: int
    profile_seconds: float


FULL = Effort(rounds=80, profile_seconds=20)
QUICK = Effort(rounds=6, profile_seconds=1)


@dataclass(frozen=True)
class Side:
    """One side of a comparison: its work is timed, its `restore` is not."""

    work: Callable[[], Asked]
    restore: Callable[[], None]


@dataclass(frozen=True)
class Ratio:
    """Of one side over another: of the medians, and the middle half of the rounds' own."""

    value: float
    spread: tuple[float, float]

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        """Of times of the same rounds."""
        return cls(median(ours) / median(theirs), middle_half(ratios(ours, theirs)))


@dataclass(frozen=True)
class Measured:
    """One handler. `asked` is what every side asked of AWS, by operation."""

    scene: Scene
    sides: Mapping[str, Sequence[Time]]
    asked: Asked
    profile: Profile

    def seconds(self, side: str, what: str) -> float:
        """The median of a side's rounds: of its "time" or its "CPU"."""
        return median(TIMES[what](self.sides[side]))

    def over(self, side: str, what: str) -> Ratio:
        """Of the handler over another side."""
        return Ratio.of(*(TIMES[what](self.sides[name]) for name in (HANDLER, side)))


def measured(effort: Effort, report: Report) -> Iterator[Measured]:
    """All handlers, against an emulator of their own."""
    with wired_here(report) as wiring:
        watched = Watched({name: wiring.client(name) for name in SERVICES})
        plain = Watched(plain_clients(str(watched.clients["dynamodb"].meta.endpoint_url)))
        for make in SCENES:
            scene = make(wiring, watched)
            report(f"{scene.name}: {effort.rounds} rounds of {scene.units}")
            yield _one(scene, watched, plain, effort)


def in_turns(sides: Mapping[str, Side], rounds: int) -> dict[str, list[Time]]:
    """Time all sides once in every round, from the first to the last and then the other way round.

    Raises:
        CallsDiffer: In some round two sides asked different things of AWS.
    """
    asked: list[Asked] = []

    def run(side: Side) -> Time:
        side.restore()
        time = timed(lambda: asked.append(side.work()))
        first_of_round = (len(asked) - 1) // len(sides) * len(sides)
        asked[first_of_round].check_same(asked[-1])
        return time

    runs = {name: partial(run, side) for name, side in sides.items()}
    return in_rounds(runs, rounds, alternating=True)


def _one(scene: Scene, ours: Watched, plain: Watched, effort: Effort) -> Measured:
    scene.restore()
    calls = ours.recorded(scene.handle)
    sides = {
        HANDLER: Side(lambda: ours.asked(scene.handle), scene.restore),
        BARE: _bare(scene, calls, ours),
        DEFAULT: _bare(scene, calls, plain),
    }
    in_turns(sides, WARM_UP)
    scene.restore()
    asked = ours.asked(scene.handle)
    times = in_turns(sides, effort.rounds)
    profile = profiled(scene.root, scene.handle, scene.restore, seconds=effort.profile_seconds)
    return Measured(scene, times, asked, profile)


def _bare(scene: Scene, calls: Sequence[Call], watched: Watched) -> Side:
    def make_calls() -> None:
        scene.bare(calls, watched.clients)

    return Side(lambda: watched.asked(make_calls), scene.restore)
