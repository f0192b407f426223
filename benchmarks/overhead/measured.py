"""The handlers beside the bare calls: times in turns, and where the rest goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.overhead.calls import Asked, Call, Watched
from benchmarks.overhead.cloud import SERVICES, plain_clients, wired_here
from benchmarks.overhead.profile import Profile, profiled
from benchmarks.overhead.rounds import Ratio, Side, Timed, in_turns
from benchmarks.overhead.scenes import Scene, dispatcher, http_api, worker

HANDLER, BARE, DEFAULT = "handler", "bare", "boto3 as it comes"
SCENES = (worker, dispatcher, http_api)
WARM_UP = 3


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done for each handler."""

    rounds: int
    profile_seconds: float


FULL = Effort(rounds=80, profile_seconds=20)
QUICK = Effort(rounds=6, profile_seconds=1)


@dataclass(frozen=True)
class Measured:
    """One handler. `asked` is what every side asked of AWS, by operation."""

    scene: Scene
    sides: Mapping[str, Timed]
    asked: Asked
    profile: Profile

    def wall(self, over: str = BARE) -> Ratio:
        ours, theirs = self.sides[HANDLER].runs, self.sides[over].runs
        return Ratio.of([each.wall for each in ours], [each.wall for each in theirs])

    def cpu(self, over: str = BARE) -> Ratio:
        ours, theirs = self.sides[HANDLER].runs, self.sides[over].runs
        return Ratio.of([each.cpu for each in ours], [each.cpu for each in theirs])


def measured(effort: Effort, report: Callable[[str], None]) -> list[Measured]:
    """All handlers, against an emulator of their own."""
    with wired_here(report) as wiring:
        watched = Watched({name: wiring.client(name) for name in SERVICES})
        plain = Watched(plain_clients(str(watched.clients["dynamodb"].meta.endpoint_url)))
        found = []
        for make in SCENES:
            scene = make(wiring, watched)
            report(f"{scene.name}: {effort.rounds} rounds of {scene.units}")
            found.append(_one(scene, watched, plain, effort))
        return found


def _one(scene: Scene, ours: Watched, plain: Watched, effort: Effort) -> Measured:
    scene.restore()
    calls = ours.recorded(scene.handle)
    sides = {HANDLER: Side(lambda: ours.asked(scene.handle), scene.restore)}
    for name, clients in {BARE: ours, DEFAULT: plain}.items():
        sides[name] = _bare(scene, calls, clients)
    in_turns(sides, WARM_UP)
    scene.restore()
    asked = ours.asked(scene.handle)
    timed = in_turns(sides, effort.rounds)
    profile = profiled(scene.root, scene.handle, scene.restore, seconds=effort.profile_seconds)
    return Measured(scene, timed, asked, profile)


def _bare(scene: Scene, calls: Sequence[Call], watched: Watched) -> Side:
    def make_calls() -> None:
        scene.bare(calls, watched.clients)

    return Side(lambda: watched.asked(make_calls), scene.restore)
