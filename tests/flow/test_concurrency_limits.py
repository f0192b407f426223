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


def test_a_consumer_asks_as_a_worker_does() -> None:
    cloud = InProcessCloud(
        modules=["limited_tasks"],
        environment={"TASKMILL_QUEUE_SERVICE": "memory"},
        chaos=SHUFFLED_AND_DOUBLED,
    )
    limited_tasks.reset(cloud)
    with cloud:
        submit_all(cloud, "lim-three", range(12))
        later = submit(cloud, "lim-three", 99, delay_seconds=60)
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-three#": 3}))

        assert {row.status for row in tasks_of(cloud)} == {Status.COMPLETED}
        assert result(cloud, later) == 99
        check_rest(cloud)


def test_tasks_that_were_due_later_get_their_slots_when_they_are() -> None:
    with cloud_of() as cloud:
        keys = [submit(cloud, "lim-one", each, delay_seconds=30) for each in range(5)]
        keys += [submit(cloud, "lim-one", each, delay_seconds=5_000) for each in range(2)]
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-one#": 1}))

        assert [result(cloud, key) for key in keys] == [0, 1, 2, 3, 4, 0, 1]
        assert limited_tasks.MOST == {"lim-one": 1}
        check_rest(cloud)


def test_children_wait_for_their_slots_and_parents_for_them() -> None:
    with cloud_of() as cloud:
        keys = [submit(cloud, "lim-family", 4) for _ in range(5)]
        limits = {f"{TENANT}#lim-family#": 2, f"{TENANT}#lim-one#": 1}
        run(cloud, lambda: check_counts(cloud, limits))

        assert [result(cloud, key) for key in keys] == [6] * 5
        check_rest(cloud)


def test_a_dead_letter_frees_its_slot() -> None:
    """The message of a task that has the slot becomes a dead letter; its task ends all the same."""
    with InProcessCloud(modules=["limited_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        dead = submit(cloud, "lim-one", 1)
        cloud.deliver_records()
        later = submit(cloud, "lim-one", 2)
        cloud.deliver_records()
        assert get(cloud, later).status is Status.PARKED
        (message,) = cloud.queues.queues["queue"]
        cloud.queues.queues.setdefault("dead-letters", []).append(message)
        cloud.queues.queues["queue"].clear()
        run(cloud, lambda: check_counts(cloud, {f"{TENANT}#lim-one#": 1}))

        assert get(cloud, dead).status is Status.COMPLETED  # it had no attempt, so it is sent again
        assert result(cloud, later) == 2
        check_rest(cloud)
