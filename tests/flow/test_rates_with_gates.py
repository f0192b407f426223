"""Types with a limit of concurrency and one of rate: both hold, and none starves another."""

import itertools
from collections.abc import Callable

import gated_and_paced_tasks as both
import pytest
from clouds import TENANT, get, submit
from slots import check_counts, check_rest, held, submit_all, tasks_of

from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

SHUFFLED_AND_DOUBLED = Chaos(seed=1, deliveries=2)
BRISK, CROWD = f"{TENANT}#both-brisk#", f"{TENANT}#both-crowd#"


def cloud_of(workers: int | None = 20, chaos: Chaos = SHUFFLED_AND_DOUBLED) -> InProcessCloud:
    cloud = InProcessCloud(modules=["gated_and_paced_tasks"], workers=workers, chaos=chaos)
    both.reset(cloud)
    return cloud


def run(cloud: InProcessCloud, check: Callable[[], None]) -> None:
    """As `cloud.run`, with a look after each step."""
    while cloud.step() or cloud._pass_time():
        check()


def check_rate(*, burst: int, per_second: float) -> None:
    """In any time no more starts than the limit allows, and what a message may be late by."""
    times = sorted(at for at, _ in both.STARTS)
    for first, begin in enumerate(times):
        for last, end in enumerate(times[first:], first):
            seconds = (end - begin) / 1000 + 1
            assert last - first + 1 <= burst + per_second * seconds, (begin, end)


@pytest.mark.parametrize("seed", range(2))
def test_both_limits_hold_whatever_the_queue_does(seed: int) -> None:
    with cloud_of(chaos=Chaos(seed=seed, deliveries=2)) as cloud:
        keys = submit_all(cloud, "both-brisk", range(30))
        run(cloud, lambda: check_counts(cloud, {BRISK: 3}))

        assert {get(cloud, key).status for key in keys} == {Status.COMPLETED}
        assert sorted(value for _, value in both.STARTS) == list(range(30))
        assert both.MOST["both-brisk"] <= 3
        check_rate(burst=2, per_second=10)
        check_rest(cloud)


def test_who_waits_long_for_a_rate_leaves_the_slots_to_others() -> None:
    """Ten tasks of one customer start once a minute; they share two slots with others."""
    with cloud_of() as cloud:
        slow = submit_all(cloud, "both-slow", [{"customer": "a"}] * 10)
        cloud.advance(seconds=1)
        began = cloud.now
        quick = [*submit_all(cloud, "both-gated-only", range(10))]
        quick.append(submit(cloud, "both-slow", {"customer": "b"}))
        while not all(get(cloud, key).status is Status.COMPLETED for key in quick):
            assert cloud.step() or cloud._pass_time()
            check_counts(cloud, {CROWD: 2})
        assert cloud.now - began <= 20_000

        run(cloud, lambda: check_counts(cloud, {CROWD: 2}))
        starts = sorted(at for at, value in both.STARTS if value == "a")
        between = [round((later - at) / 1000) for at, later in itertools.pairwise(starts)]
        assert len(starts) == 10
        assert min(between) >= 58
        assert sum(between) <= 9 * 60 + 15
        assert {get(cloud, key).status for key in slow} == {Status.COMPLETED}
        check_rest(cloud)


def test_who_waits_for_a_rate_without_slots_tells_until_when() -> None:
    with cloud_of(chaos=Chaos()) as cloud:
        keys = submit_all(cloud, "both-slow", [{"customer": "a"}] * 3)
        cloud.advance(seconds=10)

        assert held(cloud) == {}
        waits = [waits for key in keys if (waits := get(cloud, key).waits_for) is not None]
        assert {(each.kind, each.limit, each.key) for each in waits} == {("rate", "both-slow", "a")}
        ahead = [each.until.timestamp() - cloud.now / 1000 for each in waits if each.until]
        assert [round(each / 10) * 10 for each in sorted(ahead)] == [50, 110]


def test_during_a_pause_of_the_rate_no_slot_is_held() -> None:
    with cloud_of() as cloud:
        keys = submit_all(cloud, "both-returned", range(12))
        cloud.advance(seconds=5)

        assert held(cloud) == {}
        before = len(both.STARTS)
        assert before <= 3  # the one that met the 429, and what ran beside it
        cloud.advance(seconds=50)
        assert len(both.STARTS) == before
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#both-returned#": 2}))

        assert {get(cloud, key).status for key in keys} == {Status.COMPLETED}
        assert both.MOST["both-returned"] <= 2
        later = sorted(at for at, _ in both.STARTS)[before:]
        assert later[0] - both.STARTS[0][0] >= 60_000
        assert later[-1] - later[0] <= 30_000
        check_rest(cloud)


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_no_slot_and_no_task_behind(*, after: bool) -> None:
    calls = _crashed(None, after=after)
    assert calls > 30

    for position in range(1, calls + 1):
        _crashed(position, after=after)


def _crashed(at: int | None, *, after: bool) -> int:
    """Run a task that starts at once, and two that give their slots back, with one crash."""
    with InProcessCloud(modules=["gated_and_paced_tasks"]) as cloud:
        both.reset(cloud)
        for _ in range(3):
            submit(cloud, "both-slow", {"customer": "a"})
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = at, after
        while cloud.step() or cloud._pass_time():
            check_counts(cloud, {CROWD: 2})
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}, f"crash at {at}"
        check_rate(burst=1, per_second=1 / 60)
        check_rest(cloud)
        return calls
