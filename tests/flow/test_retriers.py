"""What makes Step Functions call a batch again: no concurrency, a hand-back, a crash."""

from collections.abc import Iterator

import long_tasks
import pytest
from clouds import fan_out, get, statuses

from taskmill.testing import Chaos, InProcessCloud


@pytest.fixture
def killed() -> list[int | None]:
    """The subtasks that took their process along in this test."""
    long_tasks.KILLED.clear()
    return long_tasks.KILLED


@pytest.fixture
def cloud(killed: list[int | None]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["long_tasks"]) as cloud:
        yield cloud


def test_a_batch_may_be_handed_back_more_often_than_it_may_crash(cloud: InProcessCloud) -> None:
    """400 minutes of work in invocations of 15."""
    key = fan_out(cloud, "takes-a-minute", range(400), batch_size=400, notify="none")

    cloud.run()

    assert get(cloud, key).attributes["counts"] == counts(completed=400)
    assert {each.attempts for each in cloud.service.get_all_sub_task(key=key)} == {1}


@pytest.mark.parametrize("throttles", [0.5, 0.99])
def test_a_throttled_account_gives_up_no_batch(throttles: float) -> None:
    """Also where Lambda refuses 99 calls of 100, and almost every batch more than 20."""
    chaos = Chaos(seed=3, throttles=throttles)
    with InProcessCloud(modules=["long_tasks"], chaos=chaos) as cloud:
        key = fan_out(cloud, "takes-no-time", range(20), batch_size=2)

        cloud.run()

        assert statuses(cloud, key) == ["COMPLETED"] * 20


def test_throttles_hand_backs_and_crashes_use_up_nothing_of_each_other(
    killed: list[int | None],
) -> None:
    """19 crashes between some 15 hand-backs, and refusals of every second call."""
    with InProcessCloud(modules=["long_tasks"], chaos=Chaos(seed=1, throttles=0.5)) as cloud:
        elements = (["minute"] * 20 + ["kills"]) * 9
        key = fan_out(cloud, "minutes-and-kills", elements, batch_size=len(elements), notify="none")

        cloud.run()

        assert get(cloud, key).attributes["counts"] == counts(completed=len(elements))
        assert len(killed) == 19  # the first one was not marked, and counts for nobody


def test_a_batch_that_kills_its_function_each_time_is_given_up(
    cloud: InProcessCloud, killed: list[int | None]
) -> None:
    key = fan_out(cloud, "kills-all-day", range(1))

    cloud.run()

    assert get(cloud, key).status == "FAILED"
    assert statuses(cloud, key) == ["FAILED"]
    assert len(killed) == 1 + 20


def test_subtasks_that_kill_their_worker_leave_the_others_of_their_batch_alone(
    cloud: InProcessCloud, killed: list[int | None]
) -> None:
    """However many they are: the three crashes of each are counted from 0."""
    elements = ["kills" if number % 4 == 1 else "fine" for number in range(40)]
    key = fan_out(cloud, "kills-or-not", elements, batch_size=40, tolerated_failures="50%")

    cloud.run()

    ends = {"kills": "FAILED", "fine": "COMPLETED"}
    assert statuses(cloud, key) == [ends[each] for each in elements]
    assert len(killed) > 20


def counts(*, completed: int) -> dict[str, int]:
    return {"total": completed, "completed": completed, "failed": 0, "cancelled": 0}
