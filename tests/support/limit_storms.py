"""Limits of concurrency in hard weather: a storm of crashes and cancels, and a crowd of one tenant.

Small and fixed in tests/flow, at the size that is promised in tests/soak.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import limited_tasks
from clouds import TENANT, get
from slots import check_counts, check_rest, submit_all, tasks_of

from taskmill.errors import IllegalStatusChange
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.statuses import FINAL, Status
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.clients import Crash, Meter

KEYS = "abcde"
GATES = {key: LimitId(TENANT, "lim-keyed", key) for key in KEYS}


@dataclass
class CrashingMeter(Meter):
    """Kills the process at a random one of a hundred calls, before or after it."""

    chance: random.Random | None = None
    crashes: int = 0
    on: bool = False
    share: float = 0.01

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        dies = self.on and self.chance is not None and self.chance.random() < self.share
        if dies and self.chance and self.chance.random() < 0.5:
            self.crashes += 1
            raise Crash(name)
        answer = super().call(name, run)
        if dies:
            self.crashes += 1
            raise Crash(name)
        return answer


def held_at(cloud: InProcessCloud, limit: LimitId) -> int:
    pk, sk = limit.gate
    item = cloud.table._find((pk, sk))
    return int(item["held"]["N"]) if item else 0


def cancel(cloud: InProcessCloud, meter: CrashingMeter, key: Any) -> None:
    meter.on = False
    try:
        cloud.service.cancel(key=key)
    except IllegalStatusChange:
        pass  # it has ended
    finally:
        meter.on = True


@dataclass(frozen=True)
class Weathered:
    """How a storm went: steps, crashes, the most slots of a key, and tasks by their end."""

    steps: int
    crashes: int
    most: int
    ends: dict[str, int]


def storm(count: int, seed: int) -> Weathered:
    """Tasks of 50 ms over five keys with a limit of 3, each delivered twice, in any order.

    One call in a hundred kills its process, and every fifth step cancels a task. Asserts that
    no key ever has more than 3 slots, that all tasks end, and that no slot is left.
    """
    chance = random.Random(seed)  # noqa: S311  # a storm, no secret
    chaos = Chaos(seed=seed, deliveries=2)
    cloud = InProcessCloud(modules=["limited_tasks"], workers=20, chaos=chaos)
    cloud.meter = meter = CrashingMeter(chance=chance)
    limited_tasks.reset(cloud)
    with cloud:
        keys = submit_all(cloud, "lim-keyed", [{"key": KEYS[each % 5]} for each in range(count)])
        meter.on, steps, most = True, 0, 0
        while cloud.step() or cloud._pass_time():
            steps += 1
            most = max(most, *(held_at(cloud, limit) for limit in GATES.values()))
            assert most <= 3
            if steps % 100 == 0 or (count <= 100 and steps % 5 == 0):
                check_counts(cloud, {str(each): 3 for each in GATES.values()})
            if steps % 5 == 0:
                cancel(cloud, meter, chance.choice(keys))
        meter.on = False

        ends = Counter(str(row.status) for row in tasks_of(cloud))
        assert set(ends) <= {str(each) for each in FINAL}
        check_rest(cloud)
        return Weathered(steps, meter.crashes, most, dict(ends))


def crowd(count: int) -> float:
    """So many tasks of 1 s of tenant x, then ten of tenant y, each under a limit of 20.

    Returns:
        The virtual seconds until all of y have started.
    """
    cloud = InProcessCloud(modules=["limited_tasks"], workers=60, chaos=Chaos(seed=3))
    limited_tasks.reset(cloud)
    with cloud:
        submit_all(cloud, "lim-tenant", range(count), tenant="x")
        theirs, began = submit_all(cloud, "lim-tenant", range(10), tenant="y"), cloud.now
        while not all(get(cloud, key).started_at for key in theirs):
            assert cloud.step() or cloud._pass_time()
            assert held_at(cloud, LimitId("x", "lim-tenant")) <= 20
            assert cloud.now - began <= 60_000
        took = (cloud.now - began) / 1000
        check_counts(cloud)
        if count <= 300:
            cloud.run()
            assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
            check_rest(cloud)
        return took
