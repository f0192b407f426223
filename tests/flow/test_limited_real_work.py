"""Limits and work of seconds and minutes, on few workers: nobody starves, nothing is lost.

Each message and each record of the stream comes twice, in any order.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

import limited_span_tasks
import pytest
from amounts import amount
from clouds import TENANT
from limited_span_tasks import SPANS
from slots import check_counts, check_rest, submit_all, tasks_of

from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

COUNT = amount(40, fuzz=100)
LIMIT = 4  # as limited_span_tasks has it
VISIBLE_AGAIN_SECONDS = 330  # after a worker has died: the function's timeout, and 30 s


def cloud_of(workers: int, seed: int = 1) -> InProcessCloud:
    cloud = InProcessCloud(
        modules=["limited_span_tasks"],
        workers=workers,
        chaos=Chaos(seed=seed, deliveries=2),
        pools={"long": 900},
    )
    limited_span_tasks.reset(cloud)
    return cloud


def submit(cloud: InProcessCloud, task_type: str, seconds: float, count: int = COUNT) -> int:
    """Submit so many; returns when that was."""
    began = cloud.now
    submit_all(cloud, task_type, [[number, seconds] for number in range(count)])
    return began


def run(cloud: InProcessCloud, task_type: str) -> None:
    """Do all there is, and look now and then whether the gate counts what rows hold."""
    steps = 0
    while cloud.step() or cloud._pass_time():
        steps += 1
        if steps % 20 == 0:
            check_counts(cloud, {f"{TENANT}#{task_type}#": LIMIT})


def most_at_a_time() -> int:
    return max(sum(begin <= at < end for _, begin, end in SPANS) for _, at, _ in SPANS)


def took(began: int) -> float:
    """Seconds until the last attempt has ended."""
    return float(max(end for *_, end in SPANS) - began) / 1000


def all_completed(cloud: InProcessCloud) -> bool:
    return {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}


@pytest.mark.parametrize(
    ("task_type", "seconds", "workers"),
    [
        ("span-limited", 5, 3),
        ("span-limited", 5, 8),
        ("span-limited", 60, 3),
        ("span-limited-minutes", 600, 8),
    ],
)
def test_a_limit_is_used_to_the_full_and_in_order(
    task_type: str, seconds: float, workers: int
) -> None:
    with cloud_of(workers) as cloud:
        began = submit(cloud, task_type, seconds)
        run(cloud, task_type)

        assert all_completed(cloud)
        check_rest(cloud)
        at_a_time = min(LIMIT, workers)
        assert most_at_a_time() == at_a_time
        assert took(began) <= 1.05 * seconds * ceil(COUNT / at_a_time)
        numbers = [number for number, *_ in SPANS]
        assert sorted(numbers) == list(range(COUNT)), "each ran once"
        assert max(number - place for place, number in enumerate(numbers)) <= 2 * LIMIT


@pytest.mark.parametrize(
    ("task_type", "seconds"),
    [("span-paced", 5), ("span-paced", 60), ("span-paced-minutes", 600)],
)
def test_a_rate_beyond_what_workers_can_do_leaves_none_of_them_idle(
    task_type: str, seconds: float
) -> None:
    with cloud_of(3) as cloud:
        began = submit(cloud, task_type, seconds)
        cloud.run()

        assert all_completed(cloud)
        assert took(began) <= 1.05 * seconds * COUNT / 3
        starts = sorted(begin for _, begin, _ in SPANS)
        assert len(starts) == COUNT, "each ran once"
        assert min(later - one for one, later in pairwise(starts)) >= 1_000


@pytest.mark.parametrize(("task_type", "seconds"), [("span-limited", 60), ("span-paced", 5)])
def test_a_pause_in_the_midst_of_it_holds_all_that_have_not_begun(
    task_type: str, seconds: float
) -> None:
    with cloud_of(3) as cloud:
        submit(cloud, task_type, seconds)
        cloud.advance(seconds=10 * seconds)
        cloud.wiring.pauses.pause(TENANT, task_type, by="ops")
        paused = cloud.now
        cloud.advance(seconds=3_600)
        during = [begin - paused for _, begin, _ in SPANS if begin > paused]
        # Workers hear of it within 15 s; who has a slot by then goes on.
        assert all(begin <= 15_000 + seconds * 1_000 for begin in during)
        assert len(SPANS) < COUNT
        resumed = cloud.now
        cloud.wiring.pauses.resume(TENANT, task_type)
        cloud.run()

        assert all_completed(cloud)
        check_rest(cloud)
        assert sorted(number for number, *_ in SPANS) == list(range(COUNT)), "each ran once"
        left = sum(begin > resumed for _, begin, _ in SPANS)
        assert took(resumed) <= 1.05 * seconds * left / 3 + seconds


def test_workers_that_die_with_slots_cost_no_more_than_their_time() -> None:
    with cloud_of(8) as cloud:
        began = submit(cloud, "span-limited-dies", 60)
        run(cloud, "span-limited-dies")

        assert all_completed(cloud)
        check_rest(cloud)
        deaths = COUNT // 10
        assert len(SPANS) == COUNT + deaths
        work = 60 * COUNT + deaths * VISIBLE_AGAIN_SECONDS
        assert took(began) <= 1.05 * work / LIMIT + VISIBLE_AGAIN_SECONDS


def test_who_waits_behind_a_dead_one_waits_until_its_message_comes_again_and_no_longer() -> None:
    with cloud_of(3) as cloud:
        began = submit(cloud, "span-one-dies", 60, count=5)
        cloud.run()

        assert all_completed(cloud)
        check_rest(cloud)
        assert most_at_a_time() == 1
        dead = next(span for span in SPANS if span[0] == 3)
        after = [begin for _, begin, _ in SPANS if begin >= dead[2]]
        assert min(after) - dead[1] <= VISIBLE_AGAIN_SECONDS * 1_000 + 1_000
        assert took(began) <= 5 * 60 + VISIBLE_AGAIN_SECONDS + 5
