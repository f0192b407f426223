"""Limits of concurrency in hard weather: crashes, repeated deliveries, cancels, changes."""

from __future__ import annotations

import limited_tasks
import pytest
from clouds import TENANT, submit
from limit_storms import crowd, held_at, storm
from slots import check_counts, check_rest, submit_all, tasks_of

from taskmill.aws.dynamodb.flow_control.settings import SetLimit, SetLimits
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_holds_the_limit_and_leaves_no_slot_behind(seed: int) -> None:
    found = storm(60, seed)

    assert found.crashes >= 3
    assert found.most == 3
    assert set(found.ends) >= {"COMPLETED", "CANCELLED"}


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
    assert crowd(300) <= 5


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
