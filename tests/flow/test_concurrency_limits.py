"""Limits of concurrency: how many tasks are under way, who waits, and who is next."""

from collections.abc import Callable

import limited_tasks
import pytest
from clouds import TENANT, get, result, submit
from slots import check_counts, check_rest, held, submit_all, tasks_of

from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

SHUFFLED_AND_DOUBLED = Chaos(seed=1, deliveries=2)


def cloud_of(workers: int | None = 20, chaos: Chaos = SHUFFLED_AND_DOUBLED) -> InProcessCloud:
    cloud = InProcessCloud(modules=["limited_tasks"], workers=workers, chaos=chaos)
    limited_tasks.reset(cloud)
    return cloud


def run(cloud: InProcessCloud, check: Callable[[], None]) -> None:
    """As `cloud.run`, with a look after each step."""
    while cloud.step() or cloud._pass_time():
        check()


def test_one_task_gets_its_slot_and_gives_it_back() -> None:
    with cloud_of(chaos=Chaos()) as cloud:
        key = submit(cloud, "lim-one", 7)
        cloud.run()

        assert result(cloud, key) == 7
        assert [entry.status for entry in get(cloud, key).history] == [
            "CREATED",
            "QUEUED",
            "STARTED",
            "COMPLETED",
        ]
        check_rest(cloud)


@pytest.mark.parametrize("seed", range(4))
def test_a_limit_of_one_runs_them_one_after_the_other(seed: int) -> None:
    with cloud_of(chaos=Chaos(seed=seed, deliveries=2, conflicts=0.2, lost_answers=0.2)) as cloud:
        submit_all(cloud, "lim-one", range(20))
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-one#": 1}))

        assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
        assert limited_tasks.MOST == {"lim-one": 1}
        check_rest(cloud)


def test_a_saturated_limit_is_used_to_the_full() -> None:
    with cloud_of() as cloud:
        submit_all(cloud, "lim-three", range(30))
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-three#": 3}))

        assert limited_tasks.MOST == {"lim-three": 3}
        check_rest(cloud)


@pytest.mark.parametrize("seed", range(5))
def test_two_gates_crossing_do_not_lock_each_other_out(seed: int) -> None:
    with cloud_of(chaos=Chaos(seed=seed, deliveries=2)) as cloud:
        submit_all(cloud, "lim-left", range(8))
        submit_all(cloud, "lim-right", range(8))
        limits = {f"{TENANT}#lim-a#": 1, f"{TENANT}#lim-b#": 1}
        run(cloud, lambda: check_counts(cloud, limits))

        assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
        assert limited_tasks.MOST == {"lim-left": 1, "lim-right": 1}
        check_rest(cloud)


def test_a_parent_that_waits_for_its_own_kind_has_no_slot_meanwhile() -> None:
    with cloud_of() as cloud:
        key = submit(cloud, "lim-parent", 3)
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-parent#": 1}))

        assert result(cloud, key) == 3
        assert not held(cloud)
        check_rest(cloud)
