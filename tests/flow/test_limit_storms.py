"""Limits of concurrency in hard weather: crashes, repeated deliveries, cancels, changes.

`TASKMILL_STORM_TASKS` sets the number of tasks; the issue asks for 1,000 (and 10,000 of tenant x).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import limited_tasks
import pytest
from clouds import TENANT, get, submit
from slots import check_counts, check_rest, submit_all, tasks_of

from taskmill.aws.dynamodb.flow_control.settings import SetLimit, SetLimits
from taskmill.errors import IllegalStatusChange
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.statuses import FINAL, Status
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.clients import Crash, Meter

TASKS = int(os.environ.get("TASKMILL_STORM_TASKS", "0"))
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


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_holds_the_limit_and_leaves_no_slot_behind(seed: int) -> None:
    """50 ms tasks over five keys, limit 3; one call in a hundred kills its process."""
    count = TASKS or 60
    chaos = Chaos(seed=seed, deliveries=2)
    chance = random.Random(seed)  # noqa: S311  # a storm, no secret
    cloud = InProcessCloud(modules=["limited_tasks"], workers=20, chaos=chaos)
    cloud.meter = meter = CrashingMeter(chance=chance)
    limited_tasks.reset(cloud)
    with cloud:
        keys = submit_all(cloud, "lim-keyed", [{"key": KEYS[each % 5]} for each in range(count)])
        meter.on, steps = True, 0
        while cloud.step() or cloud._pass_time():
            steps += 1
            for limit in GATES.values():
                assert held_at(cloud, limit) <= 3
            if steps % 100 == 0 or (count <= 100 and steps % 5 == 0):
                check_counts(cloud, {str(each): 3 for each in GATES.values()})
            if steps % 20 == 0:
                cancel(cloud, meter, chance.choice(keys))
        meter.on = False

        assert meter.crashes > count / 10
        assert {row.status for row in tasks_of(cloud)} <= FINAL
        assert {row.status for row in tasks_of(cloud)} >= {Status.COMPLETED, Status.CANCELLED}
        check_rest(cloud)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_no_slot_behind(*, after: bool) -> None:
    """Three tasks of one key with a retry, two gates crossing, a fan-out, a cancel."""
    calls = _crashed(None, after=after)
    assert calls > 50

    for position in range(1, calls + 1):
        _crashed(position, after=after)


def _crashed(at: int | None, *, after: bool) -> int:
    with InProcessCloud(modules=["limited_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        one = [submit(cloud, "lim-one", each) for each in range(3)]
        submit(cloud, "lim-left", 1)
        submit(cloud, "lim-right", 2)
        cloud.deliver_records()
        cloud.service.cancel(key=one[0])
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = at, after
        while cloud.step() or cloud._pass_time():
            check_counts(cloud, {f"{TENANT}#lim-{each}#": 1 for each in ("one", "a", "b")})
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        ends = sorted(str(row.status) for row in tasks_of(cloud))
        assert ends == ["CANCELLED", *["COMPLETED"] * 4], f"crash at call {at}"
        check_rest(cloud)
        return calls


def test_a_tenant_with_much_work_does_not_hold_up_another() -> None:
    """Tenant x has thousands of tasks of 1 s, tenant y ten, each under a limit of 20."""
    count = TASKS * 10 or 300
    cloud = InProcessCloud(modules=["limited_tasks"], workers=60, chaos=Chaos(seed=3))
    limited_tasks.reset(cloud)
    with cloud:
        submit_all(cloud, "lim-tenant", range(count), tenant="x")
        theirs, began = submit_all(cloud, "lim-tenant", range(10), tenant="y"), cloud.now
        while not all(get(cloud, key).started_at for key in theirs):
            assert cloud.step() or cloud._pass_time()
            assert held_at(cloud, LimitId("x", "lim-tenant")) <= 20
            assert cloud.now - began <= 5_000

        check_counts(cloud)
        if count <= 1_000:
            cloud.run()
            assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
            check_rest(cloud)


@pytest.mark.parametrize("seed", [4, 5])
def test_a_limit_that_is_lowered_and_raised_under_load(seed: int) -> None:
    """3, then 1, then 5: what has a slot keeps it; nothing gets one beyond the limit."""
    cloud = InProcessCloud(
        modules=["limited_tasks"], workers=20, chaos=Chaos(seed=seed, deliveries=2)
    )
    limited_tasks.reset(cloud)
    limit = LimitId(TENANT, "lim-three")
    with cloud:
        submit_all(cloud, "lim-three", range(60))
        limits = SetLimits(cloud.wiring.table, clock=cloud.clock)
        steps, allowed, before, most = 0, 3, 0, dict.fromkeys((3, 1, 5), 0)
        while cloud.step() or cloud._pass_time():
            steps += 1
            now = held_at(cloud, limit)
            assert now <= max(allowed, before), "a slot was given beyond the limit"
            before = now
            most[allowed] = max(most[allowed], now)
            ended = sum(row.ended for row in tasks_of(cloud)) if steps % 10 == 0 else 0
            if allowed == 3 and ended >= 15:
                allowed, most[1] = 1, 0
                limits.put(limit, limit.general, SetLimit(concurrency=1))
            elif allowed == 1 and before <= 1 and ended >= 25:
                allowed = 5
                limits.put(limit, limit.general, SetLimit(concurrency=5))
            check_counts(cloud)

        assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
        assert (most[3], most[5]) == (3, 5)
        assert limited_tasks.MOST["lim-three"] <= 5
        check_rest(cloud)
